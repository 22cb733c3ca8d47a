// What a person sees and presses while a login waits: the block with address and code, the line that tells how it
// stands, and the keys. Without a terminal the same facts as plain lines or JSON events. Polling goes on by itself: no
// key is ever needed. Which way is taken, and what a switch does, is the host's (FlowControl).
import { fillText } from '../../language/fill-text.ts';
import type { Texts } from '../../language/texts.ts';
import type { DeviceFlowState } from '../../oauth/login-phase.ts';
import { createClipboard } from '../../platform/clipboard.ts';
import { cleanText } from '../../platform/text.ts';
import type {
  AuthorizationDisplay,
  AuthorizationPrompt,
  DeviceCodeDisplay,
  DeviceCodePrompt,
} from '../../plugin-sdk/index.ts';
import type { CommandContext, Output } from '../command-context.ts';
import type { FlowChoice } from '../flow-choice.ts';
import { createKeyDesk, loginKeys, type KeyDesk } from './login-keys.ts';
import { createLiveLine } from './live-line.ts';
import {
  flowLines,
  keyLines,
  loginBlock,
  paragraph,
  shownCode,
  shownUrl,
  type BlockForm,
} from './login-block.ts';
import { describeState } from './login-state.ts';
import { createQrCode, hasLightBackground } from './qr-code.ts';
import { createStyle } from './style.ts';

export type LoginView = {
  deviceCode(prompt: DeviceCodePrompt): DeviceCodeDisplay;
  authorization(prompt: AuthorizationPrompt): AuthorizationDisplay;
};

export type FlowControl = {
  choice(): FlowChoice;
  /** The other way from now on. A method that goes on with what it shows is led anew; another stops its display. */
  toggle(): void;
  /** Serves the page of a device login and opens it, when the way is `loopback`; `opened` may be told later. */
  lead(prompt: DeviceCodePrompt): Promise<{ pageUrl?: string; opened: boolean | Promise<boolean> }>;
  open(url: string): Promise<boolean>;
  /** Whether a key that opens a browser makes sense here; it does unless told otherwise. */
  mayOpen?(): boolean;
};

export type LoginViewDeps = {
  context: CommandContext;
  output: Output;
  texts: Texts;
  /** A person may press keys. */
  interactive: boolean;
  /** Absent where nobody leads: code and address are shown, and the method opens the browser. */
  flow?: FlowControl;
  /** Asks for a line of text; undefined when the person thought better of it or `signal` aborted. */
  ask(message: string, signal: AbortSignal): Promise<string | undefined>;
};

/** How long the answer to a key stands in the place of the state. */
const noticeMs = 3_000;
const longNoticeMs = 8_000;
const repaintMs = 1_000;
/** A method that starts anew after a switch has stopped its display by then. */
const switchMs = 50;

type Subject =
  | { readonly kind: 'device'; readonly prompt: DeviceCodePrompt }
  | { readonly kind: 'redirect'; readonly prompt: AuthorizationPrompt };

export function createLoginView(deps: LoginViewDeps): LoginView {
  return {
    deviceCode(prompt) {
      const shown = show(deps, { kind: 'device', prompt });
      return { ...(deps.flow === undefined ? {} : { opensBrowser: true as const }), ...shown };
    },
    authorization(prompt) {
      const shown = show(deps, { kind: 'redirect', prompt });
      return { stop: () => shown.stop() };
    },
  };
}

function show(deps: LoginViewDeps, subject: Subject): { update(state: DeviceFlowState): void; stop(): void } {
  const { context, output, texts, flow } = deps;
  const { terminal, clock, env } = context;
  const { prompt } = subject;
  const url = subject.kind === 'device' ? subject.prompt.verificationUrl : subject.prompt.authorizationUrl;
  const userCode = subject.kind === 'device' ? subject.prompt.userCode : undefined;
  const live = terminal.errIsTty && env['TERM'] !== 'dumb' && !output.json;
  const style = createStyle(terminal.errColours && !output.json, terminal.hyperlinks);
  const form = (): BlockForm => ({ texts, style, ...(live ? { columns: terminal.columns() } : {}) });
  const clipboard = createClipboard({ env, terminal, clock });
  const line = createLiveLine(terminal);
  const ended = new AbortController();

  let state: DeviceFlowState = { kind: 'waiting', remainingMs: prompt.expiresInMs };
  let changedAtMs = clock.monotonicMs();
  let notice: { text: string; untilMs: number } | undefined;
  let qr: { columns: number; rows: number; lines: readonly string[] } | undefined;
  let pageUrl: string | undefined;
  /** The block is whole: what comes below it can be painted. */
  let led = false;
  /** Somebody else has the screen: a question, a shell. */
  let away = false;
  let cancelTick: () => void = () => undefined;
  let cancelSwitch: () => void = () => undefined;

  const paint = (): void => {
    if (!live || !led || away || ended.signal.aborted) return;
    const nowMs = clock.monotonicMs();
    if (notice !== undefined && nowMs >= notice.untilMs) notice = undefined;
    line.paint(
      notice?.text ?? describeState(state, nowMs - changedAtMs, texts, terminal.columns() - 3),
      qr?.lines ?? noLines,
    );
  };
  const tick = (): void => {
    paint();
    cancelTick = clock.setTimer(tick, repaintMs, { unref: true });
  };
  const say = (text: string, forMs = noticeMs): void => {
    notice = { text, untilMs: clock.monotonicMs() + forMs };
    paint();
  };
  /** Lines that stay, above the live line. */
  const print = (lines: readonly string[], event?: Readonly<Record<string, unknown>>): void => {
    if (live) line.clear();
    output.note(lines.join('\n'), event);
    paint();
  };

  const head = (): string[] =>
    loginBlock({ ...prompt, url, ...(userCode === undefined ? {} : { userCode }) }, form());
  const foot = (lines: readonly string[]): string[] => {
    const keys = desk === undefined ? [] : keyLines(desk.keys, form());
    return [...lines, ...(keys.length === 0 ? [] : ['', ...keys]), ''];
  };
  const flowText = (): string[] => {
    const choice = flow?.choice();
    return choice === undefined ? [] : flowLines(choice, subject.kind === 'redirect', pageUrl, form());
  };
  /** All of it anew, where a shell or a narrower window has taken it off the screen. */
  const reprint = (): void => {
    if (led) print([...head(), ...foot(flowText())]);
  };

  const drawQr = (): void => {
    const window = { columns: terminal.columns(), rows: terminal.rows() };
    const made = createQrCode(shownUrl(url), {
      columns: window.columns,
      rows: window.rows - 1,
      colours: terminal.errColours,
      lightBackground: hasLightBackground(env['COLORFGBG']),
    });
    qr = made.kind === 'lines' ? { ...window, lines: made.lines } : undefined;
    if (made.kind === 'lines') return;
    const text = made.kind === 'tooWide' ? texts.qrTooWide : texts.qrTooTall;
    notice = { text, untilMs: clock.monotonicMs() + noticeMs };
  };
  const copy = async (text: string, done: string): Promise<void> => {
    const outcome = await clipboard.copy(text);
    say({ copied: done, sent: texts.sentToTerminal, failed: texts.copyFailed }[outcome]);
  };
  const takePaste = (text: string): void => {
    if (subject.kind !== 'redirect') return;
    const reason = subject.prompt.paste(text.trim());
    if (reason === undefined) say(texts.pageChecking, longNoticeMs);
    else print(paragraph(fillText(texts.pasteRefused, { reason: cleanText(reason) }), style.warn, form()));
  };
  const askForPaste = async (): Promise<void> => {
    desk?.close();
    line.clear();
    away = true;
    const answer = await deps.ask(texts.pasteQuestion, ended.signal);
    away = false;
    if (ended.signal.aborted) return;
    desk?.open();
    if (answer !== undefined && answer.trim() !== '') takePaste(answer);
    paint();
  };
  /** What to do where no browser was opened, and whether one could have been. */
  const unopenedText = (): string => {
    if (flow?.mayOpen?.() !== false) return texts.notOpened;
    if (subject.kind === 'device') return texts.notOpenedHere;
    return desk === undefined ? texts.notOpened : texts.notOpenedRedirect;
  };
  const tellOpened = (opened: boolean, event: Record<string, unknown>): void => {
    if (ended.signal.aborted) return;
    const text = opened ? texts.opened : unopenedText();
    // What the person has to do now stays on the screen; what has worked needs no line of its own.
    if (live && opened) say(text);
    else print(paragraph(text, opened ? plain : style.warn, form()), { event: 'flow', ...event, opened });
  };
  const openAgain = async (): Promise<void> => {
    say((await flow?.open(pageUrl ?? url)) === true ? texts.opened : texts.notOpened);
  };
  const facts = (): Record<string, unknown> => {
    const choice = flow?.choice();
    return choice === undefined ? {} : { flow: choice.kind, flow_reason: texts[choice.reason] };
  };

  /** Serves and opens what the way that is taken now needs; says so below the block. */
  const lead = async (begin: (lines: readonly string[]) => void): Promise<void> => {
    pageUrl = undefined;
    if (flow === undefined) return begin([]);
    const { kind } = flow.choice();
    let opened: boolean | Promise<boolean> | undefined;
    if (subject.kind === 'redirect') {
      if (kind === 'loopback' && prompt.trusted) opened = flow.open(url);
    } else if (kind === 'loopback') {
      try {
        const page = await flow.lead(subject.prompt);
        opened = page.opened;
        pageUrl = page.pageUrl;
      } catch (error) {
        // Without a page the code is enough: why there is none is said, and the login goes on.
        const reason = cleanText(error instanceof Error ? error.message : String(error));
        print(paragraph(reason, style.warn, form()), { event: 'note', message: reason });
      }
    }
    if (ended.signal.aborted) return;
    begin(flowText());
    if (opened !== undefined) {
      tellOpened(await opened, { ...facts(), ...(pageUrl === undefined ? {} : { page_url: pageUrl }) });
    }
  };
  const toggle = (): void => {
    flow?.toggle();
    // Of several in quick succession the last one counts: one page and one browser for it.
    cancelSwitch();
    cancelSwitch = clock.setTimer(() => {
      if (!ended.signal.aborted) void lead((lines) => print(lines, { event: 'flow', ...facts() }));
    }, switchMs);
  };

  const desk: KeyDesk | undefined =
    live && deps.interactive
      ? createKeyDesk(terminal, {
          keys: loginKeys({
            ...(userCode === undefined
              ? {}
              : { copyCode: () => void copy(shownCode(userCode), texts.copiedCode) }),
            copyUrl: () => void copy(shownUrl(url), texts.copiedUrl),
            // What comes back to this machine is of no use to another one that reads its address from here.
            ...(subject.kind === 'redirect'
              ? {}
              : {
                  toggleQr() {
                    if (qr === undefined) drawQr();
                    else qr = undefined;
                    paint();
                  },
                }),
            ...(flow !== undefined && prompt.trusted && flow.mayOpen?.() !== false
              ? { open: () => void openAgain(), wasOpened: flow.choice().kind === 'loopback' }
              : {}),
            ...(flow === undefined ? {} : { toggleFlow: toggle }),
            ...(subject.kind === 'redirect' ? { askForPaste: () => void askForPaste() } : {}),
          }),
          paste: takePaste,
          suspend: () => {
            line.clear();
            away = true;
          },
          resume: () => {
            away = false;
            reprint();
          },
        })
      : undefined;

  const stopResize = live
    ? terminal.onResize(() => {
        // Drawn for another window: anew if it still fits.
        if (qr !== undefined && (qr.columns !== terminal.columns() || qr.rows !== terminal.rows())) {
          line.clear();
          drawQr();
          if (qr === undefined) reprint();
        }
        paint();
      })
    : () => undefined;

  const firstEvent = (): Record<string, unknown> => ({
    event: subject.kind === 'device' ? 'device_code' : 'authorization',
    url,
    ...(userCode === undefined ? {} : { user_code: shownCode(userCode) }),
    expires_in_ms: prompt.expiresInMs,
    expires_at: new Date(clock.nowMs() + prompt.expiresInMs).toISOString(),
    trusted: prompt.trusted,
    ...facts(),
    ...(pageUrl === undefined ? {} : { page_url: pageUrl }),
  });
  // People see the code at once; programs read one event, with the page if there is one.
  if (!output.json) output.note(head().join('\n'));
  void lead((lines) => {
    output.note(foot(lines).join('\n'), firstEvent());
    led = true;
    if (!live) return;
    desk?.open();
    tick();
  });

  return {
    update(changed) {
      const isNews = changed.kind !== state.kind || changed.kind === 'trouble';
      state = changed;
      changedAtMs = clock.monotonicMs();
      if (live) paint();
      else if (isNews) output.note(describeState(changed, 0, texts), stateEvent(changed));
    },
    stop() {
      if (ended.signal.aborted) return;
      ended.abort();
      cancelTick();
      cancelSwitch();
      stopResize();
      desk?.close();
      if (!away) line.clear();
    },
  };
}

/** In the words of the other events. */
function stateEvent(state: DeviceFlowState): Record<string, unknown> {
  return {
    event: 'device_state',
    kind: state.kind,
    remaining_ms: state.remainingMs,
    ...(state.kind === 'slowed' ? { interval_ms: state.intervalMs } : {}),
    ...(state.kind === 'trouble' ? { reason: state.reason, retry_in_ms: state.retryInMs } : {}),
  };
}

const noLines: readonly string[] = [];
const plain = (text: string): string => text;
