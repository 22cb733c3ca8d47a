// The HTML a person sees: approve or deny, and what came of it. Decides markup and security headers only; works
// without scripts, and reflects nothing that has not been escaped. Who may decide what lives in browser-routes.ts.
import { createHash } from 'node:crypto';
import type { Reply } from './exchange.ts';

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; min-height: 100vh; place-items: center; background: Canvas; color: CanvasText; }
main { max-width: 30rem; margin: 1rem; padding: 2rem; border: 1px solid GrayText; border-radius: 0.75rem; }
h1 { margin-top: 0; font-size: 1.4rem; }
dt { font-size: 0.875rem; }
dd { margin: 0 0 1rem; font-weight: 600; overflow-wrap: anywhere; }
.code { font: 600 2rem/1.2 ui-monospace, monospace; letter-spacing: 0.1em; }
button, input { font: inherit; padding: 0.6rem 1.4rem; margin: 0 0.5rem 0.5rem 0; border-radius: 0.5rem; }
button:focus-visible, input:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export interface DecisionPage {
  readonly action: string;
  readonly nonce: string;
  readonly clientName: string;
  readonly scope: string;
  readonly regionName: string;
  /** Null in the redirect-based flow, which has none. */
  readonly userCode: string | null;
  /** Where the browser goes after the decision, when it leaves the portal. */
  readonly redirectUri: string | null;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function page(status: number, title: string, content: string, formTargets = "'self'"): Reply {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${formTargets}; ` +
        "base-uri 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body:
      '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n' +
      '<meta name="viewport" content="width=device-width, initial-scale=1">\n' +
      `<title>${escape(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n<main>\n` +
      `<h1>${escape(title)}</h1>\n${content}\n</main>\n</body>\n</html>\n`,
    delayMs: 0,
  };
}

/** Browsers apply `form-action` to the redirect after a form as well, and it cannot name an IPv6 literal. */
function formTargetsFor(redirectUri: string | null): string {
  if (redirectUri === null) return "'self'";
  const { origin, hostname } = new URL(redirectUri);
  return hostname.startsWith('[') ? "'self' http:" : `'self' ${origin}`;
}

export function decisionPage(view: DecisionPage): Reply {
  const code =
    view.userCode === null
      ? ''
      : '<p>Approve only if this code is the one your own screen shows. Nobody else should have sent it to you.</p>\n' +
        `<dl><dt>Code</dt><dd class="code">${escape(view.userCode)}</dd></dl>\n`;
  const content =
    `${code}<dl>\n<dt>Program</dt><dd>${escape(view.clientName)}</dd>\n` +
    `<dt>May use</dt><dd>${escape(view.scope)}</dd>\n` +
    `<dt>Account</dt><dd>simulated portal, region ${escape(view.regionName)}</dd>\n</dl>\n` +
    `<form method="post" action="${escape(view.action)}">\n` +
    `<input type="hidden" name="nonce" value="${escape(view.nonce)}">\n` +
    '<button type="submit" name="decision" value="approve">Approve</button>\n' +
    '<button type="submit" name="decision" value="deny">Deny</button>\n</form>';
  return page(200, `Let ${view.clientName} in?`, content, formTargetsFor(view.redirectUri));
}

export function resultPage(decision: 'approved' | 'denied'): Reply {
  return decision === 'approved'
    ? page(200, 'Approved', '<p>You can close this page and go back to your terminal.</p>')
    : page(200, 'Denied', '<p>Nothing was granted. You can close this page.</p>');
}

export function problemPage(status: number, title: string, explanation: string): Reply {
  return page(status, title, `<p>${escape(explanation)}</p>`);
}

export function askForCodePage(status: number, explanation: string): Reply {
  const content =
    `<p>${escape(explanation)}</p>\n<form method="get" action="/oauth-authorize">\n` +
    '<p><label for="user_code">Code</label><br>\n' +
    '<input id="user_code" name="user_code" autocomplete="off" required></p>\n' +
    '<button type="submit">Continue</button>\n</form>';
  return page(status, 'Which login is this?', content);
}
