// Where a listener listens, and what its authorization URL holds.
import { listeningAddresses } from './process-facts.ts';
import { judged, type Probe } from './probe.ts';
import { createVisit } from './visit.ts';

export const requestUrlProbes: readonly Probe[] = [
  {
    title: 'addresses bound',
    rule: 'RFC 8252 §8.3',
    async ask({ login }) {
      const addresses = listeningAddresses(login.pid);
      const hosts = addresses.map((address) => address.slice(0, address.lastIndexOf(':')));
      return judged(
        [...new Set(hosts)].join(', '),
        addresses.length > 0 && hosts.every((host) => host === '127.0.0.1' || host === '[::1]'),
      );
    },
  },
  {
    title: 'host of `redirect_uri`',
    rule: 'RFC 8252 §8.3',
    async ask({ redirect }) {
      return judged(`\`${redirect.hostname}\``, redirect.hostname !== 'localhost');
    },
  },
  {
    title: 'port, and a second login meanwhile',
    async ask(first, subject) {
      const secondLogin = await subject.start().catch(() => undefined);
      if (secondLogin === undefined) return { text: `${first.redirect.port} always; the second login fails` };
      try {
        const second = createVisit(subject, secondLogin);
        const port =
          second.redirect.port === first.redirect.port ? `${second.redirect.port} again` : 'any free one';
        const both = first.login.isRunning() && (await first.isListening());
        return { text: `${port}; ${both ? 'both wait' : 'the second ends the first'}` };
      } finally {
        await secondLogin.stop();
      }
    },
  },
  {
    title: 'PKCE',
    rule: 'RFC 8252 §8.1, RFC 9700 §2.1.1',
    async ask({ login }) {
      const method = login.authorizationUrl.searchParams.get('code_challenge_method') ?? 'none';
      return judged(method, method === 'S256' && login.authorizationUrl.searchParams.has('code_challenge'));
    },
  },
  {
    title: 'random bits in `state`',
    rule: 'RFC 6749 §10.12 (not guessable)',
    async ask({ login }) {
      const { bits, how } = randomBits(login.authorizationUrl.searchParams.get('state') ?? '');
      return judged(how === undefined ? String(bits) : `${bits} (${how})`, bits >= 96);
    },
  },
  {
    title: '`nonce` for the ID token',
    async ask({ login }) {
      const { searchParams } = login.authorizationUrl;
      const asksForIdToken = (searchParams.get('scope') ?? '').split(' ').includes('openid');
      if (searchParams.has('nonce')) return { text: 'sent' };
      return { text: asksForIdToken ? 'none, though `openid` is asked for' : 'none (asks for no ID token)' };
    },
  },
];

/** At most: what base64url can hold, or the random part of a UUID within it. */
export function randomBits(state: string): { bits: number; how?: string } {
  const decoded = Buffer.from(state, 'base64url');
  if (/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/.test(decoded.toString('latin1')))
    return { bits: 122, how: 'a version 4 UUID' };
  return { bits: decoded.length * 8 };
}
