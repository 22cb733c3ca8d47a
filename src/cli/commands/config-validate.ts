// `config validate`: every problem and every warning of openclaw.json and of the .env beside it, each with its place and
// what to do. Reads files alone: no store, no network, no plugin's code.
import { inspectConfig } from '../../config/problems.ts';
import { resolvePaths } from '../../config/paths.ts';
import type { ConfigProblem, ConfigWarning } from '../../config/check.ts';
import { cleanText } from '../../platform/text.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { whatIsKnown } from '../config-file.ts';
import { pluginSettingWarnings } from '../plugin-settings.ts';

/** Exit code 1 when the file would not load. */
export async function configValidate(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const { configFile: file, dotenvFile } = resolvePaths(context.env, context.homeDir);
  const {
    problems,
    warnings: found,
    exists,
  } = inspectConfig({
    file,
    dotenvFile,
    env: context.env,
    ...whatIsKnown(context, file),
  });
  const settings = problems.length === 0 ? await pluginSettingWarnings(context, options) : [];
  const warnings = [...found.filter(({ isInformation }) => isInformation !== true), ...settings];
  const information = found.filter(({ isInformation }) => isInformation === true);
  output.result({
    file,
    exists,
    valid: problems.length === 0,
    problems: problems.map((problem) => ({ ...problem, file: problem.file ?? file })),
    warnings: warnings.map((warning) => ({ ...warning, file: warning.file ?? file })),
    information: information.map(({ path, line, column, message, fix, file: other }) => ({
      path,
      line,
      column,
      message,
      fix,
      file: other ?? file,
    })),
  });
  print(output, file, { problems, warnings, information }, exists);
  return problems.length === 0 ? 0 : 1;
}

function print(
  output: Output,
  file: string,
  found: {
    problems: readonly ConfigProblem[];
    warnings: readonly ConfigWarning[];
    information: readonly ConfigWarning[];
  },
  exists: boolean,
): void {
  const { problems, warnings, information } = found;
  const { style } = output;
  const place = cleanText(file, 400);
  const at = (found: ConfigProblem | ConfigWarning): string =>
    // What cannot be read has no lines, and its message names it.
    'code' in found && found.code === 'CONFIG_UNREADABLE'
      ? ''
      : ` ${cleanText(found.file ?? file, 400)}:${found.line}:${found.column}:`;
  for (const problem of problems) {
    output.line(`${style.bad('Error:')}${at(problem)} ${problem.problem}`);
    if (problem.excerpt !== undefined) output.line(problem.excerpt);
    output.line(`  ${problem.fix}\n`);
  }
  const tell = (label: string, warning: ConfigWarning): void => {
    output.line(`${label}${at(warning)} ${warning.message}`);
    if (warning.fix !== undefined) output.line(`  ${warning.fix}`);
    output.line();
  };
  for (const warning of warnings) tell(style.warn('Warning:'), warning);
  for (const about of information) tell('Note:', about);
  if (problems.length + warnings.length > 0) {
    const end = problems.length === 0 ? 'It loads.' : 'It does not load.';
    output.line(
      `${place}: ${count(problems.length, 'problem')}, ${count(warnings.length, 'warning')}. ${end}`,
    );
  } else if (exists) output.line(`${place} is fine.`);
  else {
    output.line(`${place} is not there, which is an empty configuration.`);
    output.line('  Begin with: openclaw onboard');
  }
}

function count(number: number, noun: string): string {
  return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`;
}
