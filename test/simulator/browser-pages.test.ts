// The pages, driven as a person without scripts would: read the form, send it. And the redirect-based flow.
import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { call, createPortalCaller, OPENCLAW_CLIENT, pkcePair, postForm } from '../support/portal-caller.ts';
import { tokensOf, VENDOR_CLIENT } from '../support/portal-caller.ts';
import type { Answer, PortalCaller } from '../support/portal-caller.ts';

let portal: PortalCaller | undefined;
async function start(options: SimulatorOptions = {}): Promise<PortalCaller> {
  portal = await createPortalCaller(options);
  return portal;
}
afterEach(async () => {
  await portal?.simulator.stop();
  portal = undefined;
});

/** Sends the form of a page with one of its buttons. */
function press(page: Answer, pageUrl: string, decision: string, headers = {}): Promise<Answer> {
  const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const nonce = /name="nonce" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  return postForm(new URL(action, pageUrl).href, { nonce, decision }, headers);
}

describe('the page of a device login', () => {
  async function openPage() {
    const caller = await start();
    const login = await caller.openLogin();
    const url = String(login.answer.json['verification_uri']);
    return { ...caller, login, url, page: await call(url) };
  }

  it('shows code, program and scope under a strict policy, without scripts', async () => {
    const { page, login } = await openPage();
    expect(page.status).toBe(200);
    for (const part of [login.userCode, 'OpenClaw', OPENCLAW_CLIENT.scope, 'Approve', 'Deny']) {
      expect(page.text).toContain(part);
    }
    expect(page.text).not.toMatch(/<script|style="|https?:/);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; /);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('approves, once per nonce', async () => {
    const { page, url, poll, login, accountUrl } = await openPage();
    const result = await press(page, url, 'approve', { origin: accountUrl });
    expect([result.status, result.text]).toEqual([200, expect.stringContaining('<h1>Approved</h1>')]);
    expect((await press(page, url, 'approve')).status).toBe(403);
    expect((await poll(login)).json['status']).toBe('success');
    expect((await call(url)).text).toContain('<h1>Approved</h1>');
  });

  it('denies, and the other window comes too late', async () => {
    const { page, url, poll, login } = await openPage();
    const other = await call(url);
    expect((await press(page, url, 'deny')).text).toContain('<h1>Denied</h1>');
    const late = await press(other, url, 'approve');
    expect([late.status, late.text]).toEqual([410, expect.stringContaining('already denied')]);
    expect((await poll(login)).json['error']).toBe('access_denied');
  });

  it('takes no decision without its nonce, from another site, or that it did not offer', async () => {
    const { page, url, poll, login, accountUrl } = await openPage();
    const action = `${accountUrl}/oauth-authorize`;
    expect((await postForm(action, { user_code: login.userCode, decision: 'approve' })).status).toBe(403);
    expect((await press(page, url, 'approve', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await press(page, url, 'maybe')).status).toBe(400);
    expect((await poll(login)).json['status']).toBe('pending');
  });

  it('has a page for a missing, an unknown and an expired code, and reflects none', async () => {
    const { url, accountUrl, clock, page } = await openPage();
    const bare = await call(`${accountUrl}/oauth-authorize`);
    expect([bare.status, bare.text]).toEqual([200, expect.stringContaining('name="user_code"')]);
    const unknown = await call(`${accountUrl}/oauth-authorize?user_code=%3Cscript%3E`);
    expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('not known')]);
    expect(unknown.text).not.toContain('script');
    clock.advance(300_000);
    expect((await call(url)).status).toBe(410);
    expect((await press(page, url, 'approve')).status).toBe(410);
  });
});

describe('the redirect-based flow', () => {
  const redirectUri = 'http://127.0.0.1:50001/callback';
  const state = 'n'.repeat(22);

  function authorizeUrl(
    accountUrl: string,
    change: Record<string, string>,
  ): { url: string; verifier: string } {
    const { verifier, challenge } = pkcePair();
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: OPENCLAW_CLIENT.id,
      redirect_uri: redirectUri,
      scope: OPENCLAW_CLIENT.scope,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state,
      ...change,
    });
    return { url: `${accountUrl}/oauth2/authorize?${query.toString()}`, verifier };
  }

  async function obtainCode(change: Record<string, string> = {}) {
    const caller = await start();
    const { url, verifier } = authorizeUrl(caller.accountUrl, change);
    const page = await call(url);
    const answer = await press(page, url, 'approve');
    const location = new URL(answer.headers.get('location') ?? '');
    const code = location.searchParams.get('code') ?? '';
    const redeem = (changed: Record<string, string> = {}): Promise<Answer> =>
      postForm(`${caller.accountUrl}/oauth2/token`, {
        grant_type: 'authorization_code',
        client_id: OPENCLAW_CLIENT.id,
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...changed,
      });
    return { ...caller, page, answer, location, redeem };
  }

  it('asks, redirects with code, state and iss, and redeems', async () => {
    const { page, answer, location, accountUrl, redeem, message, rules } = await obtainCode();
    expect(page.headers.get('content-security-policy')).toContain(
      "form-action 'self' http://127.0.0.1:50001;",
    );
    expect(answer.status).toBe(303);
    expect(location.origin + location.pathname).toBe(redirectUri);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      code: expect.stringMatching(/^sim-code-/),
      state,
      iss: accountUrl,
    });
    const granted = await redeem();
    expect(granted.json).toMatchObject({ status: 'success', token_type: 'Bearer', expires_in: 3600 });
    expect((await message(tokensOf(granted).access)).status).toBe(200);
    expect(rules()).toEqual([]);
  });

  it('revokes what a code gave when the code comes twice', async () => {
    const { redeem, message, refresh, rules } = await obtainCode();
    const pair = tokensOf(await redeem());
    expect((await redeem()).json['error']).toBe('invalid_grant');
    expect((await message(pair.access)).status).toBe(401);
    expect((await refresh(pair.refresh)).json['error']).toBe('invalid_grant');
    expect(rules()).toEqual(['replayed_code']);
  });

  const attempts = [
    ['another redirect_uri', { redirect_uri: 'http://127.0.0.1:50002/callback' }, 'bad_redirect_uri'],
    ['another client', { client_id: VENDOR_CLIENT.id }, 'wrong_client'],
    ['a wrong verifier', { code_verifier: 'w'.repeat(43) }, 'wrong_verifier'],
  ] as const;
  it.each(attempts)('refuses %s, and the code is used up', async (_name, change, rule) => {
    const { redeem, rules } = await obtainCode();
    expect((await redeem(change)).json['error']).toBe('invalid_grant');
    expect((await redeem()).json['error']).toBe('invalid_grant');
    expect(rules()).toEqual([rule, 'replayed_code']);
  });

  it('lets a code live for a minute', async () => {
    const { redeem, clock } = await obtainCode();
    clock.advance(60_000);
    expect((await redeem()).json['error']).toBe('invalid_grant');
  });

  it('sends a denial back to the program', async () => {
    const { accountUrl } = await start();
    const { url } = authorizeUrl(accountUrl, { redirect_uri: 'http://[::1]:50001/callback' });
    const page = await call(url);
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self' http:;");
    const answer = await press(page, url, 'deny');
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.host).toBe('[::1]:50001');
    expect(Object.fromEntries(location.searchParams)).toEqual({
      error: 'access_denied',
      state,
      iss: accountUrl,
    });
  });

  const wrongRedirects = [
    'http://localhost:50001/callback',
    'https://127.0.0.1:50001/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://user@127.0.0.1:50001/callback',
    'http://127.0.0.1:50001/callback#part',
    'http://127.0.0.1:99999/callback',
  ];
  it.each(wrongRedirects)('never redirects to %s', async (redirect_uri) => {
    const { accountUrl, rules } = await start();
    const answer = await call(authorizeUrl(accountUrl, { redirect_uri }).url);
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    expect(rules()).toEqual(['bad_redirect_uri']);
  });

  const wrongRequests = [
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge: '' }, 'invalid_request'],
    [{ state: '' }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ scope: 'everything' }, 'invalid_scope'],
  ] as const;
  it.each(wrongRequests)('tells the program about %o', async (change, error) => {
    const { accountUrl } = await start();
    const answer = await call(authorizeUrl(accountUrl, change).url);
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe(error);
  });

  it('refuses an unknown client on a page', async () => {
    const { accountUrl } = await start();
    expect((await call(authorizeUrl(accountUrl, { client_id: 'nobody' }).url)).status).toBe(400);
  });

  it('redirects by itself after the time that was set', async () => {
    const { accountUrl, clock } = await start({ autoApproveMs: 2000 });
    const answering = call(authorizeUrl(accountUrl, {}).url);
    await clock.timerSet();
    clock.advance(2000);
    expect((await answering).headers.get('location')).toContain('code=sim-code-');
  });
});
