// `auth status --watch`: reads the same as without it, about once a second, until Ctrl-C, which is how one leaves it. A
// terminal gets a screen of its own that is painted over; anything else a line for each change, with --json a document a
// line. A store that is busy, gone or replaced for a moment does not end it.
import type { App } from '../../app.ts';
import { isOpenClawError, type OpenClawError } from '../../errors.ts';
import { sleep } from '../../platform/clock.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { printTrouble } from '../ui/warning.ts';
import { headline } from './block-text.ts';
import { collectStatus, type StatusFacts } from './collect.ts';
import { describeStatus } from './describe.ts';
import { statusToJson } from './json.ts';
import type { StatusView } from './text.ts';
import { createWatchScreen } from './watch-screen.ts';

const everyMs = 1_000;

type Look = { readonly view: StatusView | undefined; readonly troubles: readonly OpenClawError[] };
type Show = { update(look: Look): void; end(): void };

export async function watchStatus(context: CommandContext, options: OutputOptions): Promise<number> {
  const { terminal, clock, signal, env } = context;
  const output = createOutput(context, options);
  const app = openApp(context, options);
  const isScreen = !output.json && terminal.outIsTty && env['TERM'] !== 'dumb';
  const show = isScreen ? createWatchScreen(context, output.style) : createChangeLines(context, output);
  let former: StatusFacts | undefined;
  try {
    while (!signal.aborted && terminal.outIsGone?.() !== true) {
      const looked = await unlessAborted(look(app, context, former), signal);
      if (looked === undefined) break;
      former = looked.view?.facts;
      show.update(looked);
      await sleep(clock, everyMs, signal).catch(() => undefined);
    }
    return 0;
  } finally {
    show.end();
    app.close();
  }
}

/** What was known before, where the store cannot be read now. */
async function look(app: App, { env }: CommandContext, former: StatusFacts | undefined): Promise<Look> {
  const troubles: OpenClawError[] = [];
  const note = (error: unknown): void => {
    if (!isOpenClawError(error)) throw error;
    if (!troubles.some(({ message }) => message === error.message)) troubles.push(error);
  };
  let isConfigBroken = false;
  try {
    app.reloadConfig();
  } catch (error) {
    note(error);
    isConfigBroken = true;
  }
  let facts = former === undefined ? undefined : { ...former, nowMs: app.clock.nowMs() };
  try {
    facts = await collectStatus(app, env);
    facts.troubles.forEach(note);
  } catch (error) {
    note(error);
  }
  if (facts === undefined) return { view: undefined, troubles };
  // The former configuration is shown meanwhile, and the trouble with it.
  facts = { ...facts, troubles, isConfigBroken };
  return { view: { facts, report: describeStatus(facts) }, troubles };
}

/** undefined: nobody waits for it any more. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    if (signal.aborted) work.catch(() => undefined);
  }
}

function createChangeLines({ terminal, clock }: CommandContext, output: Output): Show {
  let lines: ReadonlyMap<string, string> = new Map();
  let document = '';
  let told = '';
  const stamp = (): string => new Date(clock.nowMs()).toISOString();

  const updateLines = ({ facts, report }: StatusView): void => {
    const next = new Map(report.entries.map((entry) => [entry.id, headline(entry)]));
    if (facts.logins.length === 0 && next.size === 0) next.set('', 'No logins yet.');
    for (const [id, line] of next) if (lines.get(id) !== line) output.line(`${stamp()}  ${line}`);
    for (const id of lines.keys()) if (id !== '' && !next.has(id)) output.line(`${stamp()}  ${id}  gone`);
    lines = next;
  };
  const updateDocument = (view: StatusView): void => {
    const value = statusToJson(view);
    // A login that is in use is used all the time.
    const compared = JSON.stringify(value, (key, inner: unknown) =>
      key === 'lastUsedAt' ? undefined : inner,
    );
    if (compared === document) return;
    document = compared;
    terminal.writeOut(`${JSON.stringify({ at: stamp(), ...value })}\n`);
  };
  return {
    update({ view, troubles }) {
      const words = troubles.map(({ message }) => message).join('\n');
      if (words !== told) {
        for (const trouble of troubles) printTrouble(output, trouble);
      }
      told = words;
      if (view === undefined) return;
      if (output.json) updateDocument(view);
      else updateLines(view);
    },
    end: () => undefined,
  };
}
