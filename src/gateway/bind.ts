// Decides at which address the gateway listens: loopback, unless the configuration says otherwise, and beyond loopback only
// with a token that its owner has chosen. Nothing is tried and nothing fallen back to: an address that cannot be had is
// the error of listening on it.
import { isIP } from 'node:net';
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { isLoopbackHost } from './authority.ts';

export type BindSettings = {
  /** OPENCLAW_GATEWAY_BIND, else `gateway.bind`: `loopback`, `auto`, `lan`, `custom`, or an address. */
  bind?: string | undefined;
  /** Where `bind` came from, for the error. */
  key: string;
  /** `gateway.customBindHost`, for `custom`. */
  customBindHost?: string | undefined;
  /** From OPENCLAW_GATEWAY_TOKEN or `gateway.auth.token`: one that was made here does not count. */
  token?: string | undefined;
};

/** Beyond loopback anyone in reach may guess; the limit on wrong tokens slows that, and does not stop it. */
const shortestToken = 16;

/** The address to listen on. Throws CONFIG_INVALID with `place`, the key that is to be mended. */
export function resolveBind(settings: BindSettings): string {
  const host = readBind(settings);
  if (isLoopbackHost(host)) return host;
  const { key, token } = settings;
  if (token === undefined) {
    throw refused(
      key,
      `${key} makes the gateway answer other machines (${host}), and there is no token that was given for it`,
      `Put a long random value, such as \`openssl rand -hex 32\` prints, into OPENCLAW_GATEWAY_TOKEN or gateway.auth.token; or set ${key} to "loopback".`,
    );
  }
  if (token.length < shortestToken) {
    throw refused(
      key,
      `${key} makes the gateway answer other machines (${host}), and its token has fewer than ${shortestToken} characters`,
      'Choose a longer one: `openssl rand -hex 32` prints one.',
    );
  }
  return host;
}

/** The same without regard to the token, for those who only look for the gateway. */
export function readBind({ bind, key, customBindHost }: Omit<BindSettings, 'token'>): string {
  const mode = (bind ?? '').trim();
  if (mode === '' || mode === 'loopback' || mode === 'auto' || mode === 'localhost') return '127.0.0.1';
  if (mode === 'lan') return '0.0.0.0';
  if (mode !== 'custom') return addressIn(mode, key, 'loopback, lan, custom, or an IP address');
  return addressIn((customBindHost ?? '').trim(), 'gateway.customBindHost', 'an IP address');
}

function addressIn(text: string, key: string, expected: string): string {
  const address = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0) return address;
  const found = text === '' ? 'nothing' : JSON.stringify(cleanText(text, 60));
  throw refused(
    key,
    `${key} says where the gateway listens: ${expected}; there is ${found}`,
    'For an address of this machine set gateway.bind to "custom" and gateway.customBindHost to the address.',
  );
}

function refused(place: string, message: string, remedy: string): OpenClawError {
  return new OpenClawError({ code: 'CONFIG_INVALID', message, remedy, data: { place } });
}

const hostsVariable = 'OPENCLAW_GATEWAY_HOSTS';

/** Further names that the gateway answers to, with commas or spaces between them. Throws CONFIG_INVALID. */
export function readHostNames(text: string | undefined): readonly string[] {
  const names = (text ?? '').split(/[\s,]+/).filter((name) => name !== '');
  const wrong = names.find((name) => !/^[\w.-]+(?::\d{1,5})?$/.test(name));
  if (wrong === undefined) return names;
  throw refused(
    hostsVariable,
    `${hostsVariable} holds names, each with or without a port; ${JSON.stringify(cleanText(wrong, 60))} is none`,
    `For example ${hostsVariable}=gateway.example,box.local:18789`,
  );
}

/** Where a program on this machine finds what listens on `host`. */
export function localHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

export function localUrl(host: string, port: number): string {
  const local = localHost(host);
  return `http://${isIP(local) === 6 ? `[${local}]` : local}:${port}`;
}
