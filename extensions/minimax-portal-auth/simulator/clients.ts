// The two public clients the portal knows, and the PKCE arithmetic both must get right (RFC 7636). Decides what a
// client may ask for; who is told about a breach is decided by the endpoints.
import { createHash } from 'node:crypto';

export interface PortalClient {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** The grant type with which this client polls a device login. */
  readonly pollGrantType: string;
  readonly legacy: boolean;
}

const CLIENTS: readonly PortalClient[] = [
  {
    id: '78257093-7e40-4613-99e0-527b14b39113',
    name: 'OpenClaw',
    scopes: ['group_id', 'profile', 'model.completion'],
    pollGrantType: 'urn:ietf:params:oauth:grant-type:user_code',
    legacy: true,
  },
  {
    id: '659cf4c1-615c-45f6-a5f6-4bf15eb476e5',
    name: 'MiniMax CLI',
    scopes: ['openid', 'profile', 'coding_plan'],
    pollGrantType: 'urn:ietf:params:oauth:grant-type:device_code',
    legacy: false,
  },
];

export const POLL_GRANT_TYPES: ReadonlySet<string> = new Set(CLIENTS.map((client) => client.pollGrantType));

export function findClient(id: string | undefined): PortalClient | undefined {
  return CLIENTS.find((client) => client.id === id);
}

/** The scopes of a request in their order, or undefined when one of them is not this client's to ask. */
export function allowedScope(client: PortalClient, scope: string): string | undefined {
  const asked = scope.split(' ').filter((part) => part !== '');
  if (asked.length === 0 || asked.some((part) => !client.scopes.includes(part))) return undefined;
  return asked.join(' ');
}

/** Why a challenge is refused, in the words of the error description; undefined when it is sound. */
export function challengeFlaw(challenge: string | undefined, method: string | undefined): string | undefined {
  if (challenge === undefined || challenge === '') return 'code_challenge is required';
  if (method !== 'S256') return 'code_challenge_method must be S256';
  // BASE64URL of a SHA-256 digest is always 43 characters, without padding.
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) return 'code_challenge must be 43 base64url characters';
  return undefined;
}

/** RFC 7636 section 4.6, with the verifier's alphabet and length of section 4.1. */
export function verifierMatches(verifier: string, challenge: string): boolean {
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false;
  return createHash('sha256').update(verifier, 'ascii').digest('base64url') === challenge;
}

/** 16 random bytes are 22 characters of base64url; anything shorter can be guessed. */
export function isLongState(state: string): boolean {
  return state.length >= 22;
}
