// Decides which names the gateway answers to, the defence against DNS rebinding: a page that has made its own name lead
// here still sends that name. An address cannot be made to lead elsewhere, and `localhost` is no name of a foreign server.
import { isIP } from 'node:net';

export type AuthorityCheck = (authority: string | undefined) => boolean;

const loopbackHosts = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * On loopback: its own three names with the port that is bound. Beyond it also every address that is written as one, with
 * any port, for a container or a router may map it. `names` are further ones, `name` with any port or `name:port`.
 */
export function createAuthorityCheck(
  bound: { host: string; port: number },
  names: readonly string[] = [],
): AuthorityCheck {
  const exact = new Set<string>();
  const anyPort = new Set<string>();
  const add = (host: string): void => {
    exact.add(`${host}:${bound.port}`);
    if (bound.port === 80) exact.add(host);
  };
  for (const host of loopbackHosts) add(host);
  for (const name of names) (/:\d+$/.test(name) ? exact : anyPort).add(name.toLowerCase());
  const isBeyond = !isLoopbackHost(bound.host);
  const mayBeOther = isBeyond || anyPort.size > 0;

  return (authority) => {
    if (authority === undefined) return false;
    if (exact.has(authority)) return true;
    const written = authority.toLowerCase();
    if (exact.has(written)) return true;
    if (!mayBeOther) return false;
    const host = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(written)?.[1];
    if (host === undefined) return false;
    return anyPort.has(host) || (isBeyond && isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0);
  };
}

export function isLoopbackHost(host: string): boolean {
  return host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
