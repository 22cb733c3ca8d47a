// What a browser can do here: open the page of a device login, open an authorization request (code + PKCE over a
// loopback redirect, RFC 8252), and decide. Decides who may decide: only the holder of a nonce that the page itself
// handed out, once. With `autoApproveMs` set, an authorization request redirects by itself after that time.
import { randomBytes } from 'node:crypto';
import { askForCodePage, decisionPage, problemPage, resultPage } from './approve-page.ts';
import type { AuthorizationRequest } from './authorization-codes.ts';
import { allowedScope, challengeFlaw, findClient, isLongState } from './clients.ts';
import { headerOf, mediaTypeOf, methodNotAllowed, readForm, redirectReply } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import type { Portal } from './portal-state.ts';

export interface BrowserRoutes {
  /** `/oauth-authorize` */
  devicePage(inbound: Inbound): Reply;
  /** `/oauth2/authorize` */
  authorizationPage(inbound: Inbound): Reply;
}

type Subject =
  | { readonly kind: 'device'; readonly userCode: string }
  | { readonly kind: 'code'; readonly request: AuthorizationRequest };

/** Loopback by literal address only, any port, plain http, no fragment, nobody's name in it. */
function isLoopbackRedirect(uri: string): boolean {
  if (!/^http:\/\/(127\.0\.0\.1|\[::1\])(:\d{1,5})?(\/|\?|$)/.test(uri) || uri.includes('#')) return false;
  return URL.canParse(uri);
}

export function createBrowserRoutes(portal: Portal): BrowserRoutes {
  const { journal, logins, codes, clock } = portal;
  const nonces = new Map<string, Subject>();

  function issueNonce(subject: Subject): string {
    const nonce = randomBytes(18).toString('base64url');
    nonces.set(nonce, subject);
    return nonce;
  }

  function sendBack(request: AuthorizationRequest, result: Record<string, string>, delayMs = 0): Reply {
    const target = new URL(request.redirectUri);
    for (const [name, value] of Object.entries(result)) target.searchParams.set(name, value);
    target.searchParams.set('state', request.state);
    // RFC 9207: says which server answered.
    target.searchParams.set('iss', portal.addresses().accountUrl);
    return redirectReply(303, target.href, delayMs);
  }

  function decideDevice(userCode: string, decision: 'approved' | 'denied'): Reply {
    const before = logins.decide(userCode, decision, clock.nowMs());
    if (before === 'pending' || before === decision) return resultPage(decision);
    const known = before === undefined || before === 'expired' ? 'has expired' : `is already ${before}`;
    return problemPage(410, 'Too late', `This login ${known}. Start again from your terminal.`);
  }

  function takeDecision(inbound: Inbound): Reply {
    const origin = headerOf(inbound, 'origin');
    // Under `no-referrer` a browser sends the origin of a form as "null".
    if (origin !== undefined && origin !== 'null' && origin !== portal.addresses().accountUrl) {
      return problemPage(403, 'Not from here', 'The decision was sent by another site.');
    }
    const form = readForm(mediaTypeOf(inbound) === 'application/x-www-form-urlencoded' ? inbound.body : '');
    const subject = nonces.get(form.get('nonce') ?? '');
    const decision = form.get('decision');
    if (subject === undefined || form.repeated !== undefined) {
      return problemPage(403, 'Not accepted', 'Open the page again and decide there.');
    }
    if (decision !== 'approve' && decision !== 'deny') {
      return problemPage(400, 'Not understood', 'Choose Approve or Deny.');
    }
    nonces.delete(form.get('nonce') ?? '');
    if (subject.kind === 'device') {
      return decideDevice(subject.userCode, decision === 'approve' ? 'approved' : 'denied');
    }
    return decision === 'approve'
      ? sendBack(subject.request, { code: codes.issue(subject.request, clock.nowMs()) })
      : sendBack(subject.request, { error: 'access_denied' });
  }

  function devicePage(inbound: Inbound): Reply {
    if (inbound.method === 'POST') return takeDecision(inbound);
    if (inbound.method !== 'GET') return methodNotAllowed('GET, POST');
    const userCode = inbound.query.get('user_code')?.trim() ?? '';
    if (userCode === '') return askForCodePage(200, 'Enter the code that your terminal shows.');
    const login = logins.find(userCode);
    if (login === undefined)
      return askForCodePage(404, 'This code is not known. Look at your terminal again.');
    const state = logins.stateOf(userCode, clock.nowMs());
    if (state === 'expired') {
      return problemPage(410, 'Too late', 'This code has expired. Start again from your terminal.');
    }
    if (state === 'denied') return resultPage('denied');
    if (state !== 'pending') return resultPage('approved');
    return decisionPage({
      action: '/oauth-authorize',
      nonce: issueNonce({ kind: 'device', userCode }),
      clientName: login.client.name,
      scope: login.scope,
      regionName: portal.region,
      userCode,
      redirectUri: null,
    });
  }

  function authorizationPage(inbound: Inbound): Reply {
    if (inbound.method === 'POST') return takeDecision(inbound);
    if (inbound.method !== 'GET') return methodNotAllowed('GET, POST');
    const form = readForm(inbound.query);
    const client = findClient(form.get('client_id'));
    const redirectUri = form.get('redirect_uri');
    if (form.repeated !== undefined) {
      journal.violate('repeated_parameter', `${inbound.path} got a parameter more than once`);
      return problemPage(400, 'Not understood', 'A parameter of this request is repeated.');
    }
    if (client === undefined)
      return problemPage(400, 'Unknown program', 'The client is not registered here.');
    if (redirectUri === undefined || !isLoopbackRedirect(redirectUri)) {
      journal.violate('bad_redirect_uri', 'redirect_uri is not http on a literal loopback address');
      return problemPage(400, 'Not understood', 'The program asks to send you to an address it may not use.');
    }
    const scope = allowedScope(client, form.get('scope') ?? client.scopes.join(' '));
    const challenge = form.get('code_challenge');
    const state = form.get('state');
    const request: AuthorizationRequest = {
      client,
      redirectUri,
      scope: scope ?? '',
      challenge: challenge ?? '',
      state: state ?? '',
    };
    const flaw = challengeFlaw(challenge, form.get('code_challenge_method'));
    if (flaw !== undefined) {
      journal.violate('weak_pkce', `${inbound.path}: ${flaw}`);
      return sendBack(request, { error: 'invalid_request', error_description: flaw });
    }
    if (state === undefined || !isLongState(state)) {
      journal.violate('weak_state', `${inbound.path}: state of ${state?.length ?? 0} characters`);
      if (state === undefined) {
        return sendBack(request, { error: 'invalid_request', error_description: 'state is required' });
      }
    }
    if (form.get('response_type') !== 'code') {
      return sendBack(request, { error: 'unsupported_response_type' });
    }
    if (scope === undefined) return sendBack(request, { error: 'invalid_scope' });

    const { autoApproveMs } = portal.settings();
    if (autoApproveMs !== null) {
      return sendBack(request, { code: codes.issue(request, clock.nowMs() + autoApproveMs) }, autoApproveMs);
    }
    return decisionPage({
      action: '/oauth2/authorize',
      nonce: issueNonce({ kind: 'code', request }),
      clientName: client.name,
      scope: request.scope,
      regionName: portal.region,
      userCode: null,
      redirectUri,
    });
  }

  return { devicePage, authorizationPage };
}
