// The page that leads a login in a browser, from the code to the end: complete without its script, followed live with
// it. What it says is login-page-state.ts', how it is served loopback-server.ts'. Pure: no time, no I/O.
import { createHash } from 'node:crypto';
import type { Locale } from '../language/locale.ts';
import { fillText } from '../language/fill-text.ts';
import { textsOf } from '../language/texts.ts';
import type { Texts } from '../language/texts.ts';
import { cleanText } from '../platform/text.ts';
import { clawMark, copiedSign, copySign, endSign, outwardSign, shieldSign } from './login-page-drawings.ts';
import { markup, piecesHtml, trustedHtml } from './login-page-html.ts';
import type { Html } from './login-page-html.ts';
import { loginPageScript } from './login-page-script.ts';
import { clockText, describeLost, describePhase, pageHeading } from './login-page-state.ts';
import type { LoginPageState, LoginPageView } from './login-page-state.ts';
import { loginPageStyle } from './login-page-style.ts';
import type { LoginSubject } from './login-phase.ts';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(loginPageStyle)}`,
  `script-src ${hashOf(loginPageScript)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The whole document, and the header that it has to be sent with. */
export function renderLoginPage(
  view: LoginPageView,
  locale: Locale,
): { html: string; contentSecurityPolicy: string } {
  const texts = textsOf(locale);
  const state = describePhase(view, locale);
  const isFollowed = state.end === undefined && view.eventsPath !== undefined;
  const page = markup`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${state.documentTitle}</title>
${isFollowed ? markup`<noscript><meta http-equiv="refresh" content="3"></noscript>` : undefined}
<style>${trustedHtml(loginPageStyle)}</style>
</head>
<body>
<header>${clawMark}<span translate="no">OpenClaw</span></header>
<main data-kind="${state.kind}"${isFollowed ? followedAttributes(view, state, texts, locale) : undefined}>
${state.end === undefined ? pendingPart(view, state, texts) : undefined}
${endPart(state)}
</main>
<script>${trustedHtml(loginPageScript)}</script>
</body>
</html>
`;
  return { html: page.html, contentSecurityPolicy };
}

/** The address as a link, where it may be one: the provider's own, and encrypted or on this machine. */
export function linkOf(subject: LoginSubject): URL | undefined {
  if (!subject.trusted || !URL.canParse(subject.verificationUrl)) return undefined;
  const url = new URL(subject.verificationUrl);
  if (url.username !== '' || url.password !== '') return undefined;
  const isLoopback = url.protocol === 'http:' && ['127.0.0.1', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' || isLoopback ? url : undefined;
}

/** What the script knows: where the events are, the times, and every sentence that it may have to show by itself. */
function followedAttributes(view: LoginPageView, state: LoginPageState, texts: Texts, locale: Locale): Html {
  return markup` data-events="${view.eventsPath}" data-remaining="${state.remainingMs}"
 data-retry="${state.retryInMs}" data-time-text="${texts.pageTimeLeft}" data-retry-text="${texts.pageRetry}"
 data-lost="${JSON.stringify(describeLost(locale))}"`;
}

function pendingPart({ subject }: LoginPageView, state: LoginPageState, texts: Texts): Html {
  const hasCode = subject !== undefined;
  return markup`<div data-part="pending">
<h1>${pageHeading(subject, texts)}</h1>
${hasCode ? subjectPart(subject, texts) : undefined}
<div class="live">
<div class="state">
<span class="dot" aria-hidden="true"></span>
<p role="status" aria-live="polite" data-part="status">${state.status}</p>
${hasCode ? timePart(state, texts) : undefined}
<span class="retry" aria-hidden="true" data-part="retry">${retryText(state, texts)}</span>
</div>
${hasCode ? barPart(subject, state) : undefined}
</div>
${hasCode ? markup`<p class="guard">${shieldSign}<span>${texts.pagePhishing}</span></p>` : undefined}
</div>`;
}

function subjectPart(subject: LoginSubject, texts: Texts): Html {
  const long = subject.userCode.length > 14 ? trustedHtml(' data-long') : undefined;
  return markup`<p class="lead">${fillText(texts.pageLead, { provider: subject.providerLabel })}</p>
<p class="place" translate="no"><bdi>${subject.regionLabel}</bdi><bdi>${subject.host}</bdi></p>
<div class="way">
<div class="code-card">
<p class="label" id="code-label">${texts.pageCodeLabel}</p>
<code class="user-code" translate="no" data-part="code"${long}>${subject.userCode}</code>
<button class="button quiet" type="button" hidden data-part="copy" data-label="${texts.pageCopy}" data-copied="${
    texts.pageCopied
  }">${copySign}${copiedSign}<span data-part="copy-label">${texts.pageCopy}</span></button>
<p class="copy-failed" hidden data-part="copy-failed">${texts.pageCopyFailed}</p>
<span class="unseen" role="status" data-part="copy-said"></span>
</div>
${addressPart(subject, texts)}
</div>`;
}

function addressPart(subject: LoginSubject, texts: Texts): Html {
  const link = linkOf(subject);
  if (link === undefined) {
    return markup`<div class="untrusted"><p>${texts.pageUntrusted}</p>
<p class="address" translate="no">${addressText(subject.verificationUrl)}</p></div>`;
  }
  return markup`<a class="button primary" href="${link.href}" target="_blank" rel="noopener noreferrer" aria-describedby="open-hint"><span>${fillText(
    texts.pageOpen,
    { host: link.host },
  )}</span>${outwardSign}</a>
<p class="note" id="open-hint">${texts.pageOpenHint}</p>
<p class="address" translate="no">${link.href}</p>`;
}

/** Parsed where it can be: then a host in another script is shown as the name that is really asked for. */
function addressText(address: string): string {
  return URL.canParse(address) ? new URL(address).href : cleanText(address, 2000);
}

function timePart(state: LoginPageState, texts: Texts): Html {
  const left = fillText(texts.pageTimeLeft, { time: clockText(state.remainingMs) });
  return markup`<span class="time" role="timer" aria-live="off" data-part="time">${left}</span>`;
}

function barPart(subject: LoginSubject, state: LoginPageState): Html {
  const wholeMs = Math.max(1, subject.expiresInMs, state.remainingMs);
  return markup`<progress aria-hidden="true" max="${wholeMs}" value="${state.remainingMs}" data-part="bar"></progress>`;
}

function retryText(state: LoginPageState, texts: Texts): string {
  return state.retryInMs === 0 ? '' : fillText(texts.pageRetry, { time: clockText(state.retryInMs) });
}

/** Hidden until there is an end to show. Message and remedy are the program's own, in English in every language. */
function endPart({ end }: LoginPageState): Html {
  const hidden = (part: unknown): Html | undefined =>
    part === undefined ? trustedHtml(' hidden') : undefined;
  const command = end?.command === undefined ? [] : [{ code: end.command }];
  return markup`<div class="end" data-part="end"${hidden(end)}>
${endSign}
<h1 tabindex="-1" data-part="end-title">${end?.title}</h1>
<p class="end-text" data-part="end-text">${piecesHtml(end?.text ?? [])}</p>
<p class="end-message" lang="en" data-part="end-message"${hidden(end?.message)}>${end?.message}</p>
<p class="end-remedy" lang="en" data-part="end-remedy"${hidden(end?.remedy)}>${piecesHtml(end?.remedy ?? [])}</p>
<p class="end-command" data-part="end-command"${hidden(end?.command)}>${piecesHtml(command)}</p>
</div>`;
}
