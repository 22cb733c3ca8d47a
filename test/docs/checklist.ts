// The checklist that logins are held to, and the tests that prove each of its lines: the title of such a test begins
// with the line's id. docs/security.md shows both in one table, which is made here.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

type Group = { readonly title: string; readonly lines: Readonly<Record<string, string>> };

export const groups: readonly Group[] = [
  {
    title: 'Loopback listener',
    lines: {
      L1: 'Binds 127.0.0.1 or ::1 only; `redirect_uri` has the literal that is bound, never `localhost`',
      L2: 'Any free port; 20 logins at once all work',
      L3: 'Opened when the login starts; refused after the callback, an error, the time-out, Ctrl-C',
      L4: 'Exact path, GET only; other paths 404 and the login lives on; 16 KiB of headers 431; slow clients closed',
      L5: '`state` of 128 bits and more, single use, constant time; missing, wrong, repeated: 400, and it keeps listening',
      L6: '`iss` (RFC 9207): missing where it was promised, wrong or repeated ends the login with no token request',
      L7: 'Any repeated parameter: 400',
      L8: 'Of two racing valid callbacks one is taken, and one token request is made',
      L9: '`Host` must be the redirect authority (DNS rebinding), absolute-form too: 421',
      L10: '`Sec-Fetch-Mode` other than `navigate`: 403; no CORS headers',
      L11: "Pages: CSP from `default-src 'none'`, no-store, no-referrer, nosniff, never framed; nothing reflected, nothing external",
      L12: 'The success page only after exchange and saving; never a redirect built from the query',
    },
  },
  {
    title: 'Authorization code',
    lines: {
      C1: 'PKCE with S256 only; verifier, state and nonce fresh each time',
      C2: 'A server whose metadata lacks S256 is refused',
      C3: 'A replayed code fails cleanly',
      C4: 'A pasted redirect URL is checked exactly like a callback',
    },
  },
  {
    title: 'Device flow',
    lines: {
      D1: 'Interval 5 s where none is given (RFC 8628), MiniMax’s own default in its dialect',
      D2: '`slow_down` adds 5 s, cumulative',
      D3: 'Connection trouble: exponential back-off, not the end',
      D4: 'Any other error stops, at once',
      D5: '`expired_token`: one message, no silent restart',
      D6: 'User code and URL are always shown',
      D7: 'A notice against phishing',
      D8: 'Clamps: interval 1 to 60 s, lifetime 30 s to 30 min, whatever the server writes',
      D9: 'Never faster than the interval, start to start, with a fifth of margin',
      D10: 'Errors inside HTTP 200, and pending inside 400',
      D11: '`state` must come back',
      D12: 'Monotonic deadline; a clock an hour off still logs in',
      D13: 'The code is never reformatted',
      D14: 'After sleep: one poll, not a burst',
      D15: 'Ctrl-C ends it at once, also mid-request, with 130',
    },
  },
  {
    title: 'Token endpoint',
    lines: {
      K1: 'POST, form, `client_id`',
      K2: 'https only, but for exact loopback literals under a setting for tests',
      K3: 'No redirect is followed with a body',
      K4: '64 KiB of decoded bytes; the deadline covers a dripping body',
      K5: 'Tokens are printable ASCII of at most 16 KiB',
      K6: 'Unknown members are ignored',
      K7: 'A narrower scope is told',
      K8: '`resource_url` only on allow-listed hosts',
      K9: '`HTTP(S)_PROXY`, `NO_PROXY`, `NODE_EXTRA_CA_CERTS` honoured; a proxy in the way is named',
      K10: 'No answer, however malformed, becomes a grant that should not be, or a crash',
    },
  },
  {
    title: 'Refresh and storage',
    lines: {
      R1: 'A new pair is committed before anything uses it',
      R2: 'No `refresh_token` in the answer: the old one stays',
      R3: '100 callers in one process make one request',
      R4: '8 processes on one expired login make one refresh',
      R5: 'The same with `kill -9` at random moments: lost only between answer and commit',
      R6: '`invalid_grant` for a loser: adopts, never blanks',
      R7: 'An outage leaves the credential untouched, with back-off',
      R8: '401 with a token that looks valid: one forced refresh, one retry',
      R9: 'A margin before the end; a clock that jumps does not loop',
      R10: 'A refresh goes to the login’s own region',
      R11: 'Keychain locked, absent, hung, prompting: a typed error in time, no plain text',
      R12: 'Logout revokes if it can, deletes in any case, leaves other logins',
    },
  },
  {
    title: 'Output',
    lines: {
      S1: 'Planted secrets appear in no output, log, error, argument, environment, URL or file',
      T1: 'Text of servers loses control, escape and bidi characters and line breaks, and is capped',
      T2: 'A browser gets only a parsed https URL on an allow-listed host, or the loopback page',
    },
  },
];

/** Where a line holds with a word to be said about it. */
const remarks: Readonly<Record<string, string>> = {
  D15: 'holds (time measured, see below)',
  R5: 'holds; `npm run torture` for longer',
};

export type Proof = { readonly ids: readonly string[]; readonly title: string; readonly file: string };

/** Every test whose title begins with ids: `L3 L8: …`. Titles are literals, and no other string looks like one. */
export function collectProofs(): Proof[] {
  const pattern = /(['"`])((?:[LCDKRST]\d+ )*[LCDKRST]\d+): ((?:\\.|(?!\1)[^\\\n])+)\1/g;
  return globSync('test/**/*.test.ts', { cwd: root })
    .filter((file) => !file.startsWith('test/docs/'))
    .sort()
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(pattern)].map(([, , ids = '', title = '']) => ({
        ids: ids.split(' '),
        title: title.replaceAll('\\', ''),
        file: file.replace('test/', ''),
      })),
    );
}

/** The tables as docs/security.md has them between its markers. */
export function checklistTables(proofs: readonly Proof[]): string {
  return groups
    .map(({ title, lines }) => {
      const rows = Object.entries(lines).map(([id, line]) => {
        const proving = proofs.filter(({ ids }) => ids.includes(id));
        const tests = proving
          .map((proof) => `${proof.file}: ${proof.title}`.replaceAll('|', '\\|'))
          .join('<br>');
        return `| ${id} | ${line} | ${tests} | ${remarks[id] ?? 'holds'} |`;
      });
      return [
        `### ${title}`,
        '',
        '| line | what | proved by | result |',
        '| --- | --- | --- | --- |',
        ...rows,
      ].join('\n');
    })
    .join('\n\n');
}
