// Where the D-Bus session bus lies: the address of the one that runs, and the Unix sockets that such an address names.
// Never leads to a new bus: where no address is set and none lies in the runtime folder, there is none.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Env } from '../platform/env.ts';

/** The address of the session bus, undefined where there is none; without ways on which a library starts a program. */
export function findSessionBus(env: Env): string | undefined {
  const address = (env['DBUS_SESSION_BUS_ADDRESS'] ?? '').trim();
  if (address !== '') {
    const running = address.split(';').filter((entry) => !/^\s*(?:autolaunch|unixexec):/i.test(entry));
    return running.length === 0 ? undefined : running.join(';');
  }
  const folder = env['XDG_RUNTIME_DIR'] ?? '';
  if (folder === '') return undefined;
  const socket = join(folder, 'bus');
  if (statSync(socket, { throwIfNoEntry: false })?.isSocket() !== true) return undefined;
  return `unix:path=${escapeAddress(socket)}`;
}

/** Paths of the Unix sockets that an address names, in order; none when it is of another kind (tcp, nonce-tcp). */
export function socketsOf(address: string, env: Env): string[] {
  return address.split(';').flatMap((entry) => {
    if (!entry.startsWith('unix:')) return [];
    const values = new Map(
      entry
        .slice('unix:'.length)
        .split(',')
        .map((pair): [string, string] => {
          const [key = '', value = ''] = pair.split('=');
          return [key, unescapeAddress(value)];
        }),
    );
    const path = values.get('path');
    if (path !== undefined) return [path];
    const name = values.get('abstract');
    if (name !== undefined) return [`\0${name}`];
    const folder = env['XDG_RUNTIME_DIR'];
    return values.get('runtime') === 'yes' && folder ? [join(folder, 'bus')] : [];
  });
}

function escapeAddress(text: string): string {
  return text.replace(/[^A-Za-z0-9_\-/.\\*]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

function unescapeAddress(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1').toString('utf8');
}
