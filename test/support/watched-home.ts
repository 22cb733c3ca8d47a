// A home whose every process is traced and whose every file, stream, argument and environment is searched for known
// secrets at the end.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createMarkSearch, createSearch, type Finding } from './canaries.ts';
import { createHome, type Ended, type Home, type Running } from './cli-process.ts';
import { createTrace, tracingTrouble, type Trace } from './process-trace.ts';

export type WatchedHome = Home & {
  /** `start`, to its end. */
  finish(args: string[], env?: Record<string, string>): Promise<Ended>;
  /** Fails when anything that has ended by now let one of the secrets, or any marked one, out. */
  expectSilence(secrets: Readonly<Record<string, string | Uint8Array>>): void;
};

type Started = { args: string[]; trace: Trace | undefined; running: Running };

/**
 * Without tracing, where it is not possible: what the processes print and leave behind is searched all the same.
 * Node's cache of compiled code is the one that other homes use too, which saves most of the time.
 */
export function createWatchedHome(env: Record<string, string> = {}): WatchedHome {
  const home = createHome(env);
  const temporary = join(home.folder, 'tmp');
  mkdirSync(temporary);
  const places = { TMPDIR: temporary, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') };
  const isTraced = tracingTrouble() === undefined;
  const started: (Started & { ended?: Ended })[] = [];

  const start: Home['start'] = (args, more = {}) => {
    const trace = isTraced ? createTrace() : undefined;
    const running = home.start(args, { ...places, ...more }, trace?.under);
    const entry: (typeof started)[number] = { args, trace, running };
    started.push(entry);
    void running.ended.then((ended) => {
      entry.ended = ended;
    });
    return running;
  };

  return {
    ...home,
    start,
    finish: (args, more) => start(args, more).ended,
    expectSilence(secrets) {
      const known = createSearch(secrets);
      const complaints: string[] = [];
      const check = (where: string, bytes: Uint8Array, mayHold: 'ocgw-'[] = []): void => {
        const findings: Finding[] = [...known(bytes), ...createMarkSearch(mayHold)(bytes)];
        complaints.push(...findings.map(({ secret, spelling }) => `${secret} (${spelling}) in ${where}`));
      };
      expect(started.length).toBeGreaterThan(0);
      for (const { args, trace, ended } of started) {
        const what = `openclaw ${args.join(' ')}`;
        if (ended === undefined) throw new Error(`${what} still runs`);
        const isTokenCommand = args[0] === 'gateway' && args[1] === 'token';
        check(`stdout of ${what}`, Buffer.from(ended.stdout), isTokenCommand ? ['ocgw-'] : []);
        check(`stderr of ${what}`, Buffer.from(ended.stderr));
        const writes = trace?.writes() ?? [];
        if (trace !== undefined && writes.length === 0) throw new Error(`nothing was traced of ${what}`);
        for (const { what: where, bytes } of writes) {
          const isItsOutput = isTokenCommand && where.startsWith('descriptor 1 ');
          check(`${where} of ${what}`, bytes, isItsOutput ? ['ocgw-'] : []);
        }
      }
      const keyFile = home.env['OPENCLAW_AUTH_KEY_FILE'];
      for (const entry of readdirSync(home.folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile() && path !== keyFile) check(`the file ${path}`, readFileSync(path));
      }
      expect([...new Set(complaints)]).toEqual([]);
    },
  };
}

/** The key that seals the home's logins, as bytes. */
export function sealingKey(home: Home): Record<string, Uint8Array> {
  const text = readFileSync(home.env['OPENCLAW_AUTH_KEY_FILE'] ?? '', 'utf8');
  return { 'the sealing key': Buffer.from(text.trim(), 'hex') };
}
