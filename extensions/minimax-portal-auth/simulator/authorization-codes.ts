// The state machine of the redirect-based flow: a request waits for a decision, becomes a code, and the code is
// redeemed once (RFC 6749 section 4.1.2, RFC 7636 section 4.6). Decides whether a redemption is sound; what a replay
// costs is decided by the token endpoint.
import { randomBytes } from 'node:crypto';
import { verifierMatches } from './clients.ts';
import type { PortalClient } from './clients.ts';

const CODE_TTL_MS = 60_000;

export interface AuthorizationRequest {
  readonly client: PortalClient;
  readonly redirectUri: string;
  readonly scope: string;
  readonly challenge: string;
  readonly state: string;
}

export type RedeemOutcome =
  | { readonly kind: 'redeemed'; readonly request: AuthorizationRequest }
  | { readonly kind: 'replayed'; readonly familyId: string | null }
  | { readonly kind: 'unknown' | 'expired' | 'wrong_client' | 'wrong_redirect_uri' | 'wrong_verifier' };

export interface AuthorizationCodes {
  issue(request: AuthorizationRequest, nowMs: number): string;
  /** Any attempt at all uses the code up. */
  redeem(
    attempt: {
      readonly code: string;
      readonly clientId: string;
      readonly redirectUri: string;
      readonly verifier: string;
    },
    nowMs: number,
  ): RedeemOutcome;
  /** Remembers what a code gave, so that its replay can be made to cost it. */
  bindFamily(code: string, familyId: string): void;
}

interface CodeEntry {
  readonly request: AuthorizationRequest;
  readonly expiresAtMs: number;
  used: boolean;
  familyId: string | null;
}

export function createAuthorizationCodes(): AuthorizationCodes {
  const codes = new Map<string, CodeEntry>();
  return {
    issue(request, nowMs) {
      const code = `sim-code-${randomBytes(24).toString('base64url')}`;
      codes.set(code, { request, expiresAtMs: nowMs + CODE_TTL_MS, used: false, familyId: null });
      return code;
    },
    redeem(attempt, nowMs) {
      const entry = codes.get(attempt.code);
      if (entry === undefined) return { kind: 'unknown' };
      if (entry.used) return { kind: 'replayed', familyId: entry.familyId };
      entry.used = true;
      if (nowMs >= entry.expiresAtMs) return { kind: 'expired' };
      if (entry.request.client.id !== attempt.clientId) return { kind: 'wrong_client' };
      if (entry.request.redirectUri !== attempt.redirectUri) return { kind: 'wrong_redirect_uri' };
      if (!verifierMatches(attempt.verifier, entry.request.challenge)) return { kind: 'wrong_verifier' };
      return { kind: 'redeemed', request: entry.request };
    },
    bindFamily(code, familyId) {
      const entry = codes.get(code);
      if (entry !== undefined) entry.familyId = familyId;
    },
  };
}
