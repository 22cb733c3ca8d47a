// `doctor`: looks at every state that the product can be in and that is wrong, says what mends each, and with --fix mends
// what is safe. Exits with 1 when an error is left.
import type { App } from '../../app.ts';
import { isOpenClawError, OpenClawError } from '../../errors.ts';
import {
  createOutput,
  mayAsk,
  type CommandContext,
  type Output,
  type OutputOptions,
} from '../command-context.ts';
import { allChecks } from '../doctor/all-checks.ts';
import { createDoctorPorts } from '../doctor/doctor-ports.ts';
import type { Finding } from '../doctor/finding.ts';
import { mendAll, type Mended } from '../doctor/mend.ts';
import { countOf, findingToJson, printEnd, printFindings } from '../doctor/report-text.ts';
import { runChecks, type Progress } from '../doctor/run-checks.ts';
import { openApp } from '../open-app.ts';
import { createLiveLine } from '../ui/live-line.ts';
import { createPrompter } from '../ui/prompter.ts';

type DoctorOptions = OutputOptions & {
  fix?: boolean;
  scrub?: boolean;
  verbose?: boolean;
  nonInteractive?: boolean;
};

export async function doctor(context: CommandContext, options: DoctorOptions): Promise<number> {
  const output = createOutput(context, options);
  // --scrub is a wish to have something mended.
  const fixes = options.fix === true || options.scrub === true;
  const first = await examine(context, output, async (findings) => {
    printFindings(output, findings, options.verbose === true);
    if (!fixes) return { findings };
    if (findings.every(({ fix }) => fix === undefined)) {
      output.line('There is nothing that could be mended from here.');
      return { findings, mended: [] };
    }
    output.line();
    const mended = await mendAll(findings, mendOptions(context, options, output), ({ done, text }) =>
      output.line(`${done ? output.style.good('✓') : output.style.warn('-')} ${text}`),
    );
    output.line();
    return { mended };
  });
  // What was mended is to be seen, by an application of its own.
  const findings = first.findings ?? (await examine(context, output, (after) => after));
  return end(output, findings, first.mended);
}

/** `then` is given what was found while the application is open, whose parts the fixes use. */
async function examine<T>(
  context: CommandContext,
  output: Output,
  then: (findings: readonly Finding[]) => T | Promise<T>,
): Promise<T> {
  // Nobody is asked for a passphrase or to unlock a keychain: that is a finding.
  const app: App = openApp(context, { nonInteractive: true }, { isKeychainQuiet: true });
  try {
    return await then(await look(context, output, app));
  } finally {
    app.close();
  }
}

async function look(context: CommandContext, output: Output, app: App): Promise<Finding[]> {
  const showing = showProgress(context, output);
  try {
    return await runChecks(allChecks, createDoctorPorts(context, app), showing.update);
  } finally {
    showing.end();
  }
}

const namesShown = 3;

function showProgress(
  { terminal }: CommandContext,
  output: Output,
): { update: (progress: Progress) => void; end: () => void } {
  if (!terminal.errIsTty || output.json) return { update: () => undefined, end: () => undefined };
  const line = createLiveLine(terminal);
  const below: readonly string[] = [];
  return {
    update({ done, of, waitingFor }) {
      if (waitingFor.length === 0) return;
      const names = waitingFor.slice(0, namesShown).join(', ');
      const more = waitingFor.length > namesShown ? ' …' : '';
      line.paint(`Looking at ${names}${more} (${done} of ${of})`, below);
    },
    end: () => line.clear(),
  };
}

function mendOptions(context: CommandContext, options: DoctorOptions, output: Output) {
  const interactive = mayAsk(context, options);
  const prompter = createPrompter(context, output, { interactive });
  return {
    ask: interactive
      ? async (question: string) => {
          try {
            return await prompter.confirm({ message: question, initialValue: false, flag: '--scrub' });
          } catch (error) {
            throw isOpenClawError(error) && error.code === 'INTERRUPTED' ? stoppedHere() : error;
          }
        }
      : undefined,
    scrub: options.scrub === true,
    signal: context.signal,
  };
}

function stoppedHere(): OpenClawError {
  return new OpenClawError({
    code: 'INTERRUPTED',
    message: 'Cancelled.',
    remedy: 'What is said above to be mended is mended; the rest was left. Look again: `openclaw doctor`.',
  });
}

/** `mended`: undefined without --fix. */
function end(output: Output, findings: readonly Finding[], mended: readonly Mended[] | undefined): number {
  const counts = countOf(findings);
  const failed = (mended ?? []).filter((each) => each.failed === true).length;
  output.result({
    ...counts,
    findings: findings.map(findingToJson),
    ...(mended === undefined ? {} : { mended }),
  });
  printEnd(output, findings, { mayFix: mended === undefined, failed });
  return counts.errors + failed > 0 ? 1 : 0;
}
