// What the login page is made of: every phase in every language, nothing that was not escaped, nothing from elsewhere,
// and a policy that fits the page to the byte.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { locales } from '../../src/language/locale.ts';
import { textsOf } from '../../src/language/texts.ts';
import { linkOf, renderLoginPage } from '../../src/oauth/login-page.ts';
import { clockText, describeLost, describePhase } from '../../src/oauth/login-page-state.ts';
import type { LoginPageView } from '../../src/oauth/login-page-state.ts';
import { isLoginEnd } from '../../src/oauth/login-phase.ts';
import type { LoginPhase, LoginSubject } from '../../src/oauth/login-phase.ts';
import { loginSubject as subject, waiting } from '../support/login-subject.ts';

const phases: readonly LoginPhase[] = [
  waiting,
  { kind: 'slowed', remainingMs: 60_000, intervalMs: 10_000 },
  { kind: 'trouble', remainingMs: 60_000, reason: 'The server answered 503', retryInMs: 8_000 },
  { kind: 'checking' },
  { kind: 'saved', profileId: 'minimax-portal:default' },
  { kind: 'denied' },
  { kind: 'expired' },
  { kind: 'cancelled' },
  { kind: 'failed', message: 'No route.', remedy: 'Mend it, then: `openclaw auth login`.' },
];

const viewOf = (part: Partial<LoginPageView> = {}): LoginPageView => ({
  subject,
  phase: waiting,
  remainingMs: 754_000,
  eventsPath: '/4f2a/events',
  ...part,
});
const render = (part: Partial<LoginPageView> = {}): string => renderLoginPage(viewOf(part), 'en').html;
const withSubject = (part: Partial<LoginSubject>): string => render({ subject: { ...subject, ...part } });
/** Without style and script, which are constant and bound by their hashes, and without sentences still to be filled. */
const markupOf = (html: string): string =>
  html.replace(/<(style|script)>[^]*?<\/\1>| data-(?:time|retry)-text="[^"]*"/g, '');

describe.each(locales)('%s', (locale) => {
  it.each(phases)('shows $kind', (phase) => {
    const { html } = renderLoginPage(viewOf({ phase }), locale);
    const state = describePhase(viewOf({ phase }), locale);
    expect(html).toContain(`<html lang="${locale}">`);
    expect(html).toContain(`<title>${state.documentTitle}</title>`);
    expect(html).toContain(`data-kind="${phase.kind}"`);
    expect(markupOf(html)).not.toMatch(/\{\w+\}|undefined|NaN|\[object/);
    expect(markupOf(html).match(/<h1[ >]/g)).toHaveLength(isLoginEnd(phase) ? 1 : 2);
    expect(html.includes('TUE3-FXNG')).toBe(!isLoginEnd(phase));
    expect(html.includes('http-equiv="refresh"')).toBe(!isLoginEnd(phase));
    expect(html.includes('data-events="/4f2a/events"')).toBe(!isLoginEnd(phase));
    expect(state.end === undefined).toBe(!isLoginEnd(phase));
    expect(html).toContain(state.end?.title ?? state.status);
  });
});

it('names the command that was begun with, to begin it again', () => {
  for (const kind of ['denied', 'expired', 'cancelled'] as const) {
    expect(render({ phase: { kind, command: 'openclaw onboard --region cn' } })).toContain(
      'openclaw onboard --region cn',
    );
    expect(render({ phase: { kind } })).toContain('openclaw auth login');
  }
});

it('D6 D7: a waiting page has code, address and the warning against phishing', () => {
  const html = render();
  expect(html).toContain('>TUE3-FXNG</code>');
  expect(html).toContain(
    'https://platform.minimax.io/oauth-authorize?user_code=TUE3-FXNG&amp;client=OpenClaw</p>',
  );
  expect(html).toContain(textsOf('en').pagePhishing);
  expect(html).toContain('account.minimax.io');
});

it.each(['abcd efgh', 'wdjb--mjht', ' 0O-1l ', 'ＡＢ－１２', 'a'.repeat(300)])(
  'D13: the code %j stands as the server wrote it',
  (userCode) => {
    expect(withSubject({ userCode })).toContain(`>${userCode}</code>`);
  },
);

describe('L11: nothing that is filled in becomes markup:', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onclick='alert(1)",
    '" onmouseover="alert(1)',
    '</title></style></script><b>',
    '&lt;b&gt;',
    '{time}{provider}${1}$&',
  ];
  /** Tags with the names of their attributes. */
  const tagsOf = (html: string): string[] =>
    markupOf(html)
      .replace(/"[^"]*"/g, '""')
      .match(/<[^>]*>/g) ?? [];
  it.each(hostile)('%s', (text) => {
    const everywhere = {
      providerLabel: text,
      regionLabel: text,
      host: text,
      userCode: text,
      verificationUrl: `https://platform.minimax.io/${text}`,
    };
    const harmless = { ...subject, userCode: 'x'.repeat(text.length) };
    expect(tagsOf(withSubject(everywhere))).toEqual(tagsOf(render({ subject: harmless })));
    const untrusted = { ...harmless, verificationUrl: 'x:', trusted: false };
    expect(tagsOf(withSubject({ ...everywhere, verificationUrl: text, trusted: false }))).toEqual(
      tagsOf(render({ subject: untrusted })),
    );
    for (const [phase, plain] of [
      [
        { kind: 'trouble', remainingMs: 1, reason: text, retryInMs: 1 },
        { kind: 'trouble', remainingMs: 1, reason: 'x', retryInMs: 1 },
      ],
      [
        { kind: 'saved', profileId: text },
        { kind: 'saved', profileId: 'x' },
      ],
      [
        { kind: 'failed', message: text, remedy: text },
        { kind: 'failed', message: 'x', remedy: 'x' },
      ],
    ] as const) {
      expect(tagsOf(render({ phase }))).toEqual(tagsOf(render({ phase: plain })));
    }
    expect(tagsOf(render({ eventsPath: `/${text}` }))).toEqual(tagsOf(render()));
  });

  it('a text with another’s gap in it is not filled twice', () => {
    expect(render({ phase: { kind: 'saved', profileId: '{profile}' } })).toContain(
      '<code translate="no">{profile}</code>',
    );
  });
});

describe('L11: the policy', () => {
  it('allows this style and this script, and nothing else', () => {
    const { html, contentSecurityPolicy } = renderLoginPage(viewOf(), 'ru');
    const hashOf = (tag: string): string => {
      const text = html.match(new RegExp(`<${tag}>([^]*?)</${tag}>`))?.[1] ?? '';
      return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    };
    expect(contentSecurityPolicy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src ${hashOf('style')}`,
      `script-src ${hashOf('script')}`,
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(html.match(/<(?:style|script)[ >]/g)).toHaveLength(2);
  });

  it.each(phases)('nothing in $kind asks for anything from elsewhere or needs what it forbids', (phase) => {
    for (const locale of locales) {
      const { html } = renderLoginPage(viewOf({ phase }), locale);
      expect(markupOf(html)).not.toMatch(
        / (?:style|on\w+|src|srcset|action)=|<(?:link|img|iframe|form|base|object)/i,
      );
      const addresses = html.match(/(?:https?:)?\/\/[a-z[][^\s"'<>]*/gi) ?? [];
      const address = subject.verificationUrl.replace('&', '&amp;');
      expect(addresses).toEqual(isLoginEnd(phase) ? [] : [address, address]);
      expect(html).not.toMatch(/@import|url\(/);
    }
  });
});

describe('T2: the address', () => {
  it.each<[string, Partial<LoginSubject>, boolean]>([
    ['of the provider', {}, true],
    ['of a server under test', { verificationUrl: 'http://127.0.0.1:9/device' }, true],
    ['of a server under test (IPv6)', { verificationUrl: 'http://[::1]:9/device' }, true],
    ['that is not trusted', { trusted: false }, false],
    ['without encryption', { verificationUrl: 'http://platform.minimax.io/' }, false],
    ['by a name of this machine', { verificationUrl: 'http://localhost:9/' }, false],
    ['that only begins like this machine', { verificationUrl: 'http://127.0.0.1.evil.example/' }, false],
    ['with a user', { verificationUrl: 'https://platform.minimax.io@evil.example/' }, false],
    ['of a script', { verificationUrl: 'javascript:alert(1)' }, false],
    ['of a file', { verificationUrl: 'file:///etc/passwd' }, false],
    ['of data', { verificationUrl: 'data:text/html,<b>' }, false],
    ['that is none', { verificationUrl: 'platform.minimax.io/oauth' }, false],
  ])('%s', (_, part, isLinked) => {
    const html = withSubject(part);
    expect(linkOf({ ...subject, ...part }) !== undefined).toBe(isLinked);
    expect(html.includes('<a ')).toBe(isLinked);
    expect(html.includes(textsOf('en').pageUntrusted)).toBe(!isLinked);
    if (isLinked) expect(html).toMatch(/<a [^>]*target="_blank" rel="noopener noreferrer"/);
  });

  it('shows a host in another script as what is really asked for', () => {
    const html = withSubject({ verificationUrl: 'https://plаtform.minimax.io/', trusted: false });
    expect(html).toContain('https://xn--pltform-3fg.minimax.io/');
    expect(html).not.toContain('plаtform');
  });
});

const unshowableIn = (text: string): string[] =>
  ['\u001b', '\u202e', '\r'].filter((character) => text.includes(character));

describe('T1: texts from outside', () => {
  it('lose control and direction marks, and are capped', () => {
    const text = `bad\u001b[31m\u202e\r\n${'x'.repeat(2000)}`;
    const html = render({ phase: { kind: 'failed', message: text, remedy: text } });
    expect(unshowableIn(html)).toEqual([]);
    expect(html).toContain('bad x');
    expect(html).not.toContain('x'.repeat(600));
    const state = describePhase(
      viewOf({ phase: { kind: 'trouble', remainingMs: 1, reason: text, retryInMs: 1 } }),
      'en',
    );
    expect(unshowableIn(state.status)).toEqual([]);
  });

  it('a remedy’s commands become code', () => {
    const html = render({
      phase: { kind: 'failed', message: 'It `broke', remedy: 'Try `a b` or `c <d>`; `e' },
    });
    expect(html).toContain(
      'Try <code translate="no">a b</code> or <code translate="no">c &lt;d&gt;</code>; `e</p>',
    );
    expect(html).toContain('It `broke</p>');
  });
});

it('an event is one line of JSON, whatever is in it', () => {
  for (const phase of phases) {
    const text = JSON.stringify(describePhase(viewOf({ phase }), 'ja'));
    expect(text).not.toMatch(/[\r\n]/);
    expect(JSON.parse(text)).toMatchObject({ kind: phase.kind });
  }
});

it('the next try comes nearer between the change and a look at the page', () => {
  const phase: LoginPhase = { kind: 'trouble', remainingMs: 60_000, reason: 'x', retryInMs: 8_000 };
  const retryAfter = (sinceMs: number): number =>
    describePhase(viewOf({ phase, remainingMs: 60_000 - sinceMs }), 'en').retryInMs;
  expect([0, 3_000, 8_000, 20_000].map(retryAfter)).toEqual([8_000, 5_000, 0, 0]);
});

it.each([
  [0, '0:00'],
  [-5, '0:00'],
  [Number.NaN, '0:00'],
  [Number.POSITIVE_INFINITY, '0:00'],
  [1, '0:01'],
  [59_001, '1:00'],
  [754_000, '12:34'],
  [1_800_000, '30:00'],
  [3_600_000, '1:00:00'],
])('%d ms are shown as %s', (ms, text) => {
  expect(clockText(ms)).toBe(text);
});

it('a page of a redirect has no code, and is not asked for again', () => {
  for (const phase of phases) {
    const html = render({ subject: undefined, phase, eventsPath: undefined });
    expect(markupOf(html)).not.toMatch(/refresh|data-events|data-part="code"|<a |undefined/);
  }
  expect(describeLost('en').end?.command).toBe('openclaw auth status');
});
