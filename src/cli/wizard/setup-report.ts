// What is said of a provider that has been set up, whichever way: to a person, and to a program.
import { textsOf } from '../../language/texts.ts';
import { localeOfEnv } from '../../language/locale.ts';
import { cleanText } from '../../platform/text.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { printReport, reportColumn, reportToJson } from '../login-report.ts';
import { describeStorage } from '../ui/storage-text.ts';
import type { SavedSetup } from './save-setup.ts';

/** The shape of a login's, with null where there is none; `variable` and `server` say what there is instead. */
export function setupToJson({ choice, report, replaced, key, server }: SavedSetup): Record<string, unknown> {
  if (report !== undefined) return { ...reportToJson({ choice, report }), replaced: replaced === true };
  return {
    profile: null,
    replaced: false,
    authChoice: choice.choiceId,
    storage: null,
    verified: key?.verdict.kind === 'works',
    verifyTrouble: key?.verdict.kind === 'unknown' ? key.verdict.reason : null,
    plan: null,
    notes: [],
    ...(key?.variable === undefined ? {} : { variable: key.variable }),
    ...(server === undefined
      ? {}
      : {
          server: {
            baseUrl: server.baseUrl,
            models: server.answer.kind === 'models' ? server.answer.models.map(({ id }) => id) : null,
            trouble: server.answer.kind === 'trouble' ? server.answer.reason : null,
          },
        }),
  };
}

const replacedLine = '  It replaced the former login of this name.';

export function printSetup(context: CommandContext, output: Output, saved: SavedSetup): void {
  const { choice, report, key, server } = saved;
  const texts = textsOf(localeOfEnv(context.env));
  const { style } = output;
  if (choice.pluginId !== undefined && report !== undefined) {
    printReport(output, { report }, texts, context.clock.nowMs());
    if (saved.replaced === true) output.line(replacedLine);
    return;
  }
  const column = reportColumn(texts);
  output.line();
  if (server !== undefined) {
    output.line(`${style.good('✓')} ${choice.choiceLabel}: ${style.bold(cleanText(server.baseUrl))}`);
    return;
  }
  if (report !== undefined) {
    const { record } = report;
    const region = record.region === undefined ? '' : ` (region ${record.region})`;
    const storage = describeStorage(report.key, texts);
    output.line(`${style.good('✓')} The key is kept: ${style.bold(record.id)}${region}`);
    output.line(`  ${column(texts.keptLabel)}${storage.safe ? storage.text : style.bad(storage.text)}`);
    if (saved.replaced === true) output.line(replacedLine);
  } else if (key?.variable !== undefined) {
    output.line(`${style.good('✓')} ${choice.choiceLabel}: the key in ${style.bold(key.variable)} is used`);
    output.line(`  ${column(texts.keptLabel)}in the environment; the gateway needs the variable, too`);
  }
  if (key === undefined) return;
  const { verdict } = key;
  output.line(
    `  ${column(texts.checkedLabel)}${verdict.kind === 'works' ? 'the key works' : style.warn(`not yet: ${verdict.reason}`)}`,
  );
}
