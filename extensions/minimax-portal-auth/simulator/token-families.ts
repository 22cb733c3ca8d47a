// The state machine of token families: everything issued from one login. Decides rotation, what is still valid, and
// that a refresh token seen twice ends its whole family (RFC 9700 section 4.14.2). Old access tokens live to their
// own expiry. How an answer looks, and who is blamed, is decided by the endpoints.
import { randomBytes, randomUUID } from 'node:crypto';

export type Region = 'global' | 'cn';

export interface IssuedTokens {
  readonly familyId: string;
  readonly accessToken: string;
  /** Null when a refresh kept the refresh token it was given. */
  readonly refreshToken: string | null;
  readonly scope: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly tokens: IssuedTokens }
  | { readonly kind: 'reused' | 'unknown' | 'revoked' | 'wrong_client' | 'wrong_region' | 'not_refresh' };

export type AccessState = 'valid' | 'unknown' | 'expired' | 'revoked' | 'wrong_region' | 'not_access';

export interface TokenFamilies {
  grant(clientId: string, scope: string, ttlMs: number, nowMs: number): IssuedTokens;
  refresh(
    request: {
      readonly refreshToken: string;
      readonly clientId: string;
      readonly rotate: boolean;
      readonly ttlMs: number;
    },
    nowMs: number,
  ): RefreshOutcome;
  accessState(token: string, nowMs: number): AccessState;
  /** RFC 7009: a refresh token takes its family along, an access token only itself. */
  revoke(token: string, clientId: string): 'revoked' | 'unknown' | 'wrong_client';
  revokeFamily(familyId: string): void;
  /** Each returns how many it touched. */
  expireAllAccess(nowMs: number): number;
  revokeAllAccess(): number;
  revokeAllFamilies(): number;
  liveFamilies(): number;
  /** Every token ever issued, for tests that look for leaks. */
  issuedTokens(): { access: string[]; refresh: string[] };
  isIssued(text: string): boolean;
}

interface Family {
  readonly id: string;
  readonly clientId: string;
  readonly scope: string;
  refreshToken: string;
  revoked: boolean;
}

interface AccessEntry {
  readonly family: Family;
  expiresAtMs: number;
  revoked: boolean;
}

const REGION_MARK: Record<Region, string> = { global: 'g', cn: 'c' };

export function createTokenFamilies(region: Region): TokenFamilies {
  const families = new Map<string, Family>();
  const access = new Map<string, AccessEntry>();
  const refresh = new Map<string, Family>();

  // 60 characters. The letter after the prefix names the region, so that a token carried to the wrong one is seen.
  const mint = (prefix: 'sim-at-' | 'sim-rt-'): string =>
    `${prefix}${REGION_MARK[region]}${randomBytes(39).toString('base64url')}`;
  const isForeign = (token: string): boolean =>
    /^sim-[ar]t-[gc]/.test(token) && token.charAt(7) !== REGION_MARK[region];

  function issueAccess(family: Family, ttlMs: number, nowMs: number): [token: string, expiresAtMs: number] {
    const token = mint('sim-at-');
    access.set(token, { family, expiresAtMs: nowMs + ttlMs, revoked: false });
    return [token, nowMs + ttlMs];
  }

  function issueRefresh(family: Family): string {
    const token = mint('sim-rt-');
    family.refreshToken = token;
    refresh.set(token, family);
    return token;
  }

  return {
    grant(clientId, scope, ttlMs, nowMs) {
      const family: Family = { id: randomUUID(), clientId, scope, refreshToken: '', revoked: false };
      families.set(family.id, family);
      const [accessToken, expiresAtMs] = issueAccess(family, ttlMs, nowMs);
      const refreshToken = issueRefresh(family);
      return { familyId: family.id, accessToken, refreshToken, scope, issuedAtMs: nowMs, expiresAtMs };
    },
    refresh(request, nowMs) {
      const family = refresh.get(request.refreshToken);
      if (family === undefined) {
        if (isForeign(request.refreshToken)) return { kind: 'wrong_region' };
        return { kind: access.has(request.refreshToken) ? 'not_refresh' : 'unknown' };
      }
      if (family.clientId !== request.clientId) return { kind: 'wrong_client' };
      if (family.refreshToken !== request.refreshToken) {
        family.revoked = true;
        return { kind: 'reused' };
      }
      if (family.revoked) return { kind: 'revoked' };
      const [accessToken, expiresAtMs] = issueAccess(family, request.ttlMs, nowMs);
      const refreshToken = request.rotate ? issueRefresh(family) : null;
      const { id: familyId, scope } = family;
      return {
        kind: 'refreshed',
        tokens: { familyId, accessToken, refreshToken, scope, issuedAtMs: nowMs, expiresAtMs },
      };
    },
    accessState(token, nowMs) {
      const entry = access.get(token);
      if (entry === undefined) {
        if (isForeign(token)) return 'wrong_region';
        return refresh.has(token) ? 'not_access' : 'unknown';
      }
      if (entry.revoked || entry.family.revoked) return 'revoked';
      return nowMs >= entry.expiresAtMs ? 'expired' : 'valid';
    },
    revoke(token, clientId) {
      const family = refresh.get(token) ?? access.get(token)?.family;
      if (family === undefined) return 'unknown';
      if (family.clientId !== clientId) return 'wrong_client';
      const entry = access.get(token);
      if (entry === undefined) family.revoked = true;
      else entry.revoked = true;
      return 'revoked';
    },
    revokeFamily(familyId) {
      const family = families.get(familyId);
      if (family !== undefined) family.revoked = true;
    },
    expireAllAccess(nowMs) {
      const live = [...access.values()].filter((entry) => entry.expiresAtMs > nowMs);
      for (const entry of live) entry.expiresAtMs = nowMs;
      return live.length;
    },
    revokeAllAccess() {
      const live = [...access.values()].filter((entry) => !entry.revoked);
      for (const entry of live) entry.revoked = true;
      return live.length;
    },
    revokeAllFamilies() {
      const live = [...families.values()].filter((family) => !family.revoked);
      for (const family of live) family.revoked = true;
      return live.length;
    },
    liveFamilies: () => [...families.values()].filter((family) => !family.revoked).length,
    issuedTokens: () => ({ access: [...access.keys()], refresh: [...refresh.keys()] }),
    isIssued: (text) => access.has(text) || refresh.has(text),
  };
}
