// `auth status`: what is known of every login and key. Reads the store, the activity file, the configuration and the
// manifests; only --probe and --usage ask a service, and load what that takes. What is read is login-status/collect.ts,
// what follows from it describe.ts, the words text.ts.
import type { App } from '../../app.ts';
import { OpenClawError } from '../../errors.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { collectStatus } from '../login-status/collect.ts';
import { describeStatus } from '../login-status/describe.ts';
import { statusToJson } from '../login-status/json.ts';
import type { Asked } from '../login-status/probe.ts';
import { describeInWords, type StatusView } from '../login-status/text.ts';
import { openApp } from '../open-app.ts';
import { showsUnicode } from '../ui/plan-bars.ts';
import { printTrouble } from '../ui/warning.ts';

export type AuthStatusOptions = OutputOptions & {
  check?: boolean;
  probe?: boolean;
  usage?: boolean;
  watch?: boolean;
};

export async function authStatus(context: CommandContext, options: AuthStatusOptions): Promise<number> {
  checkFlags(options);
  if (options.watch === true) {
    const { watchStatus } = await import('../login-status/watch.ts');
    return watchStatus(context, options);
  }
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const facts = await collectStatus(app, context.env);
    // A broken configuration changes which login comes first, not what the logins are: they are shown.
    for (const trouble of facts.troubles) printTrouble(output, trouble);
    const report = describeStatus(facts);
    const asked = await ask(app, report.entries, options, context.signal);
    const view = { facts, report, ...(asked === undefined ? {} : { asked }) };
    const check = withProbes(view);
    output.result({ ...statusToJson(view), check });
    const { terminal, env } = context;
    const page = {
      style: output.style,
      columns: terminal.outIsTty ? terminal.columns() : undefined,
      isUnicode: showsUnicode(env),
    };
    for (const line of describeInWords(view, page)) output.line(line);
    return options.check === true ? check : 0;
  } finally {
    app.close();
  }
}

/** What asks and what goes on watching do not go together. */
function checkFlags({ watch, check, probe, usage }: AuthStatusOptions): void {
  if (watch !== true) return;
  const refuse = (flag: string, why: string, instead: string): never => {
    throw new OpenClawError({
      code: 'USAGE',
      message: `--watch and ${flag} do not go together: ${why}.`,
      remedy: `Leave one of them out: \`openclaw auth status --watch\`, or \`${instead}\`.`,
    });
  };
  if (check === true) refuse('--check', '--check answers once and ends', 'openclaw auth status --check');
  if (probe === true)
    refuse('--probe', 'a service would be asked every second', 'openclaw auth status --probe');
  if (usage === true)
    refuse('--usage', 'a service would be asked every second', 'openclaw auth status --usage');
}

async function ask(
  app: App,
  entries: StatusView['report']['entries'],
  { probe, usage }: AuthStatusOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Partial<Asked>> | undefined> {
  if ((probe !== true && usage !== true) || entries.length === 0) return undefined;
  const { askEntries } = await import('../login-status/probe.ts');
  const asked = await askEntries(app, entries, { isPlanOnly: probe !== true, signal });
  return new Map(
    [...asked].map(([id, answer]): [string, Partial<Asked>] => [
      id,
      {
        ...(probe === true ? { probe: answer.probe } : {}),
        ...(usage === true && answer.plan !== undefined ? { plan: answer.plan } : {}),
      },
    ]),
  );
}

/** A login in use that its service refuses, or that cannot be opened, is as good as none. */
function withProbes({ report, asked }: StatusView): 0 | 1 | 2 {
  const isLost = report.entries.some(({ id, use }) => {
    const outcome = asked?.get(id)?.probe?.kind;
    return use.kind === 'active' && (outcome === 'refused' || outcome === 'closed');
  });
  return isLost ? 1 : report.check;
}
