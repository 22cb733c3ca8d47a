// Device authorization in both dialects: checks what a careful server would check (PKCE, state, scope, request id)
// and opens a login. Anything missing that the protocol needs is refused; what is merely weak is accepted and held
// against the client.
import { allowedScope, challengeFlaw, isLongState } from './clients.ts';
import { headerOf, jsonReply, oauthError } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import { clientError, overlay, readClientForm } from './form-endpoint.ts';
import type { Portal } from './portal-state.ts';

export type Dialect = 'account' | 'legacy';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function answerDeviceAuthorization(portal: Portal, inbound: Inbound, dialect: Dialect): Reply {
  const { journal } = portal;
  const reading = readClientForm(portal, inbound);
  if (reading.kind === 'refused') return reading.reply;
  const { form, client } = reading;
  journal.count('deviceRequests');

  if (!UUID.test(headerOf(inbound, 'x-request-id') ?? '')) {
    journal.violate('missing_request_id', `${inbound.path} came without a UUID in x-request-id`);
  }
  if (dialect === 'legacy' && !client.legacy) {
    return clientError(portal, 'invalid_client', 'client_id is not known here');
  }
  const responseType = form.get('response_type');
  if (responseType === undefined ? dialect === 'legacy' : responseType !== 'code') {
    return oauthError('invalid_request', 'response_type must be code');
  }
  const asked = form.get('scope');
  if (asked === undefined) return oauthError('invalid_request', 'scope is required');
  const scope = allowedScope(client, asked);
  if (scope === undefined) return oauthError('invalid_scope', 'the scope is not open to this client');

  const challenge = form.get('code_challenge');
  const flaw = challengeFlaw(challenge, form.get('code_challenge_method'));
  if (challenge === undefined || flaw !== undefined) {
    journal.violate('weak_pkce', `${inbound.path}: ${flaw ?? 'code_challenge is required'}`);
    return oauthError('invalid_request', flaw ?? 'code_challenge is required');
  }
  const state = form.get('state');
  if (state === undefined) {
    journal.violate('weak_state', `${inbound.path} came without state`);
    return oauthError('invalid_request', 'state is required');
  }
  if (!isLongState(state)) {
    journal.violate('weak_state', `${inbound.path}: state of ${state.length} characters`);
  }
  if (dialect === 'account' && (portal.wasRedirected(state) || portal.wasRedirected(challenge))) {
    journal.violate('followed_redirect', `${inbound.path} got the body that a 307 had just answered`);
  }

  const settings = portal.settings();
  const login = portal.logins.open(
    {
      client,
      scope,
      challenge,
      ttlMs: settings.codeTtlMs,
      intervalMs: settings.pollIntervalMs,
      autoApproveMs: settings.autoApproveMs,
    },
    portal.clock.nowMs(),
  );
  const page = new URL('/oauth-authorize', portal.addresses().accountUrl);
  page.searchParams.set('user_code', login.userCode);
  page.searchParams.set('client', client.name);
  const answer = {
    base_resp: { status_code: 0, status_msg: 'success' },
    user_code: login.userCode,
    verification_uri: page.href,
    expired_in: portal.writeExpiry(login.expiresAtMs, settings.codeExpiryUnit),
    interval: settings.pollIntervalMs,
    state,
  };
  return jsonReply(200, overlay(answer, settings.overrides.device));
}

/** The old paths' 307. Remembers what the body carried, to notice when it is sent on. */
export function redirectLegacy(portal: Portal, inbound: Inbound, target: string): string {
  const form = new URLSearchParams(inbound.body);
  const carried = [form.get('state'), form.get('code_challenge')];
  portal.rememberRedirected(carried.filter((value): value is string => value !== null && value !== ''));
  return new URL(target, portal.addresses().accountUrl).href;
}
