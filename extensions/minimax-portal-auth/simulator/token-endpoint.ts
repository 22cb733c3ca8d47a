// The token endpoint in both dialects (polls, refreshes, authorization codes) and revocation. Decides what each
// outcome of the state machines looks like in JSON, and which of them are held against the client.
import { POLL_GRANT_TYPES } from './clients.ts';
import type { PortalClient } from './clients.ts';
import type { Dialect } from './device-endpoint.ts';
import { jsonReply, oauthError } from './exchange.ts';
import type { Form, Inbound, Reply } from './exchange.ts';
import { clientError, overlay, readClientForm } from './form-endpoint.ts';
import type { Portal } from './portal-state.ts';
import type { IssuedTokens } from './token-families.ts';

export function answerToken(portal: Portal, inbound: Inbound, dialect: Dialect): Reply {
  const reading = readClientForm(portal, inbound);
  if (reading.kind === 'refused') return reading.reply;
  const { form, client } = reading;
  if (dialect === 'legacy' && !client.legacy) {
    return clientError(portal, 'invalid_client', 'client_id is not known here');
  }
  const grantType = form.get('grant_type');
  if (grantType === undefined) return oauthError('invalid_request', 'grant_type is required');
  if (POLL_GRANT_TYPES.has(grantType)) return answerPoll(portal, inbound, client, form);
  if (grantType === 'refresh_token') return answerRefresh(portal, client, form);
  if (grantType === 'authorization_code' && dialect === 'account') return answerCode(portal, client, form);
  return oauthError('unsupported_grant_type', 'the grant type is not supported');
}

function grantBody(portal: Portal, tokens: IssuedTokens): Record<string, unknown> {
  const settings = portal.settings();
  const { apiUrl } = portal.addresses();
  const resourceUrls = {
    origin: apiUrl,
    anthropic: `${apiUrl}/anthropic`,
    'anthropic-v1': `${apiUrl}/anthropic/v1`,
    none: undefined,
  };
  const resourceUrl = resourceUrls[settings.resourceUrlStyle];
  return {
    status: 'success',
    access_token: tokens.accessToken,
    ...(tokens.refreshToken === null ? {} : { refresh_token: tokens.refreshToken }),
    token_type: 'Bearer',
    expired_in: portal.writeExpiry(tokens.expiresAtMs, settings.expiryUnit),
    ...(resourceUrl === undefined ? {} : { resource_url: resourceUrl }),
    ...(settings.notificationMessage === null ? {} : { notification_message: settings.notificationMessage }),
    scope: tokens.scope,
  };
}

function granted(portal: Portal, tokens: IssuedTokens, extra: Record<string, unknown> = {}): Reply {
  const body = { ...grantBody(portal, tokens), ...extra };
  return jsonReply(200, overlay(body, portal.settings().overrides.grant));
}

function waiting(portal: Portal, status: string, error: string): Reply {
  if (portal.settings().pendingStyle === 'rfc') return jsonReply(400, { error });
  return jsonReply(200, status === 'failed' ? { status, error } : { status });
}

function answerPoll(portal: Portal, inbound: Inbound, client: PortalClient, form: Form): Reply {
  const { journal } = portal;
  journal.count('polls');
  if (form.get('grant_type') !== client.pollGrantType) {
    journal.violate('wrong_grant_type', `${client.name} polled with the other client's grant type`);
    return oauthError('unsupported_grant_type', 'this client polls with another grant type');
  }
  const userCode = form.get('user_code');
  const verifier = form.get('code_verifier');
  if (userCode === undefined) return oauthError('invalid_request', 'user_code is required');
  if (verifier === undefined) {
    journal.violate('weak_pkce', `${inbound.path}: code_verifier is required`);
    return oauthError('invalid_request', 'code_verifier is required');
  }
  const nowMs = portal.clock.nowMs();
  const settings = portal.settings();
  const outcome = portal.logins.poll(
    {
      userCode,
      clientId: client.id,
      verifier,
      arrivedAtMs: inbound.arrivedAtMs,
      toleranceMs: settings.pollToleranceMs,
    },
    nowMs,
  );
  switch (outcome.kind) {
    case 'unknown':
      return clientError(portal, 'invalid_grant', 'user_code is not known');
    case 'wrong_client':
      journal.violate('wrong_client', 'a login was polled by another client than the one that opened it');
      return clientError(portal, 'invalid_grant', 'user_code was given to another client');
    case 'wrong_verifier':
      journal.violate('wrong_verifier', 'code_verifier does not match the challenge of the login');
      return clientError(portal, 'invalid_grant', 'code_verifier does not match');
    case 'already_granted':
      return clientError(portal, 'invalid_grant', 'user_code has been used');
    case 'slow_down':
      journal.count('slowDowns');
      journal.violate('polled_too_fast', `${Math.ceil(outcome.earlyMs)} ms before the interval was over`);
      return jsonReply(400, { error: 'slow_down' });
    case 'pending':
      return waiting(portal, 'pending', 'authorization_pending');
    case 'denied':
      return waiting(portal, 'failed', 'access_denied');
    case 'expired':
      return waiting(portal, 'failed', 'expired_token');
    case 'granted': {
      journal.count('grants');
      return granted(
        portal,
        portal.families.grant(client.id, outcome.login.scope, settings.accessTtlMs, nowMs),
      );
    }
  }
}

function answerRefresh(portal: Portal, client: PortalClient, form: Form): Reply {
  const { journal } = portal;
  const refreshToken = form.get('refresh_token');
  if (refreshToken === undefined) return oauthError('invalid_request', 'refresh_token is required');
  const { rotate, accessTtlMs } = portal.settings();
  const request = { refreshToken, clientId: client.id, rotate, ttlMs: accessTtlMs };
  const outcome = portal.families.refresh(request, portal.clock.nowMs());
  switch (outcome.kind) {
    case 'refreshed':
      journal.count('refreshes');
      return granted(portal, outcome.tokens);
    case 'reused':
      journal.count('refreshReuses');
      journal.violate('refresh_reuse', 'a refresh token was used twice; its whole family is revoked');
      break;
    case 'wrong_client':
      journal.violate('wrong_client', 'a refresh token was sent by another client than its own');
      break;
    case 'wrong_region':
      journal.violate('wrong_region', "a refresh token was sent to the other region's account host");
      break;
    case 'not_refresh':
      journal.violate('misused_token', 'an access token was sent as a refresh token');
      break;
    case 'unknown':
    case 'revoked':
      break;
  }
  return clientError(portal, 'invalid_grant', 'the refresh token is not valid');
}

function answerCode(portal: Portal, client: PortalClient, form: Form): Reply {
  const { journal } = portal;
  const code = form.get('code');
  const redirectUri = form.get('redirect_uri');
  const verifier = form.get('code_verifier');
  if (code === undefined) return oauthError('invalid_request', 'code is required');
  if (redirectUri === undefined) return oauthError('invalid_request', 'redirect_uri is required');
  if (verifier === undefined) {
    journal.violate('weak_pkce', 'an authorization code was sent without code_verifier');
    return oauthError('invalid_request', 'code_verifier is required');
  }
  const nowMs = portal.clock.nowMs();
  const outcome = portal.codes.redeem({ code, clientId: client.id, redirectUri, verifier }, nowMs);
  switch (outcome.kind) {
    case 'redeemed': {
      const { accessTtlMs } = portal.settings();
      const tokens = portal.families.grant(client.id, outcome.request.scope, accessTtlMs, nowMs);
      portal.codes.bindFamily(code, tokens.familyId);
      journal.count('grants');
      // A standard client reads `expires_in` (RFC 6749 section 5.1), so this answer has both.
      return granted(portal, tokens, { expires_in: portal.writeExpiry(tokens.expiresAtMs, 'relative-s') });
    }
    case 'replayed':
      if (outcome.familyId !== null) portal.families.revokeFamily(outcome.familyId);
      journal.violate('replayed_code', 'an authorization code was used twice; what it gave is revoked');
      break;
    case 'wrong_verifier':
      journal.violate('wrong_verifier', 'code_verifier does not match the challenge of the code');
      break;
    case 'wrong_client':
      journal.violate('wrong_client', 'a code was sent by another client than the one it was given to');
      break;
    case 'wrong_redirect_uri':
      journal.violate('bad_redirect_uri', 'redirect_uri differs from the one of the authorization request');
      break;
    case 'unknown':
    case 'expired':
      break;
  }
  return clientError(portal, 'invalid_grant', 'the authorization code is not valid');
}

/** RFC 7009: an unknown token is as good as revoked. */
export function answerRevocation(portal: Portal, inbound: Inbound): Reply {
  const reading = readClientForm(portal, inbound);
  if (reading.kind === 'refused') return reading.reply;
  const { form, client } = reading;
  const token = form.get('token');
  if (token === undefined) return oauthError('invalid_request', 'token is required');
  const outcome = portal.families.revoke(token, client.id);
  if (outcome === 'wrong_client') {
    portal.journal.violate('wrong_client', 'a token was revoked by another client than its own');
    return clientError(portal, 'invalid_client', 'the token belongs to another client');
  }
  if (outcome === 'revoked') portal.journal.count('revocations');
  return jsonReply(200, {});
}
