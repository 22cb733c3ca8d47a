// What the page says in each phase of a login, as data: the server renders it, and the page's script shows it when it
// comes as an event. Where it stands on the page is login-page.ts'.
import type { Locale } from '../language/locale.ts';
import { fillText } from '../language/fill-text.ts';
import { textsOf } from '../language/texts.ts';
import type { Texts } from '../language/texts.ts';
import { cleanText } from '../platform/text.ts';
import { piecesOfBackticks, piecesOfText } from './login-page-html.ts';
import type { PagePiece } from './login-page-html.ts';
import { isLoginEnd } from './login-phase.ts';
import type { LoginEnd, LoginPhase, LoginSubject } from './login-phase.ts';

export type LoginPageView = {
  /** Undefined: a page of the redirect flow, which has no code to show. */
  readonly subject: LoginSubject | undefined;
  readonly phase: LoginPhase;
  /** Now, not when the phase began. */
  readonly remainingMs: number;
  /** Where the page's event stream is, on the same origin; undefined: the page does not change any more. */
  readonly eventsPath: string | undefined;
};

/** One event. `end` is there when nothing comes after it. */
export type LoginPageState = {
  readonly kind: LoginPhase['kind'] | 'lost';
  readonly documentTitle: string;
  readonly status: string;
  readonly remainingMs: number;
  /** Until the next try, milliseconds; 0 when none is waited for. */
  readonly retryInMs: number;
  readonly end?: LoginPageEnd;
};

export type LoginPageEnd = {
  readonly title: string;
  readonly text: readonly PagePiece[];
  /** What happened and what to do; in English, as the terminal has it. */
  readonly message?: string;
  readonly remedy?: readonly PagePiece[];
  readonly command?: string;
};

const product = 'OpenClaw';

/** The state now: rendered by the server, and the JSON in the `data` of one event. */
export function describePhase(view: LoginPageView, locale: Locale): LoginPageState {
  const { phase } = view;
  const texts = textsOf(locale);
  const remainingMs = wholeMs(view.remainingMs);
  if (isLoginEnd(phase)) {
    const end = describeEnd(phase, texts);
    const mark = phase.kind === 'saved' ? '✓' : '✕';
    const documentTitle = `${mark} ${end.title} · ${product}`;
    return { kind: phase.kind, documentTitle, status: '', remainingMs: 0, retryInMs: 0, end };
  }
  const title = `${pageHeading(view.subject, texts)} · ${product}`;
  if (phase.kind === 'checking')
    return {
      kind: 'checking',
      documentTitle: `… ${title}`,
      status: texts.pageChecking,
      remainingMs,
      retryInMs: 0,
    };
  if (phase.kind === 'trouble') {
    const sinceMs = Math.max(0, wholeMs(phase.remainingMs) - remainingMs);
    return {
      kind: 'trouble',
      documentTitle: `! ${title}`,
      status: fillText(texts.pageTrouble, { reason: cleanText(phase.reason) }),
      remainingMs,
      retryInMs: Math.max(0, wholeMs(phase.retryInMs) - sinceMs),
    };
  }
  const status = phase.kind === 'slowed' ? texts.pageSlowed : texts.pageWaiting;
  return { kind: phase.kind, documentTitle: title, status, remainingMs, retryInMs: 0 };
}

/** What the page says when its events stop without an end. */
export function describeLost(locale: Locale): LoginPageState {
  const texts = textsOf(locale);
  return {
    kind: 'lost',
    documentTitle: `! ${texts.pageLostTitle} · ${product}`,
    status: '',
    remainingMs: 0,
    retryInMs: 0,
    end: {
      title: texts.pageLostTitle,
      text: piecesOfText(texts.pageLost),
      command: 'openclaw auth status',
    },
  };
}

export function pageHeading(subject: LoginSubject | undefined, texts: Texts): string {
  if (subject === undefined) return texts.pageTitleBare;
  return fillText(texts.pageTitle, { provider: subject.providerLabel });
}

/** `14:07`; hours where there are any. Rounded up, so that it says 0:00 when nothing is left. */
export function clockText(ms: number): string {
  const seconds = Math.ceil(wholeMs(ms) / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

function describeEnd(end: LoginEnd, texts: Texts): LoginPageEnd {
  const command = cleanText(('command' in end ? end.command : undefined) ?? 'openclaw auth login', 300);
  switch (end.kind) {
    case 'saved':
      return { title: texts.pageSavedTitle, text: piecesOfText(texts.pageSaved, { profile: end.profileId }) };
    case 'denied':
      return { title: texts.pageDeniedTitle, text: piecesOfText(texts.pageDenied), command };
    case 'expired':
      return { title: texts.pageExpiredTitle, text: piecesOfText(texts.pageExpired), command };
    case 'cancelled':
      return { title: texts.pageCancelledTitle, text: piecesOfText(texts.pageCancelled), command };
    case 'failed':
      return {
        title: texts.pageFailedTitle,
        text: piecesOfText(texts.pageFailed),
        message: cleanText(end.message, 600),
        remedy: piecesOfBackticks(cleanText(end.remedy, 600)),
      };
  }
}

function wholeMs(ms: number): number {
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : 0;
}
