// How the findings look: problems by group with what to do, what is fine folded into one line, and one line at the end.
// As JSON they are a list.
import type { Output } from '../command-context.ts';
import { checkGroups } from './check-ids.ts';
import { commandsIn, groupOf, type Finding, type Severity } from './finding.ts';

export type Counts = { readonly errors: number; readonly warnings: number };

export function countOf(findings: readonly Finding[]): Counts {
  const count = (severity: Severity): number => findings.filter((each) => each.severity === severity).length;
  return { errors: count('error'), warnings: count('warning') };
}

export function findingToJson({ id, severity, text, remedy, fix }: Finding): Record<string, unknown> {
  return {
    id,
    group: groupOf(id),
    severity,
    text,
    ...(remedy === undefined ? {} : { remedy }),
    commands: commandsIn(remedy),
    fixable: fix === undefined ? null : fix.kind,
  };
}

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2, ok: 3 };

export function printFindings(output: Output, findings: readonly Finding[], verbose: boolean): void {
  const { style } = output;
  const mark: Readonly<Record<Severity, string>> = {
    error: style.bad('✗'),
    warning: style.warn('!'),
    info: style.accent('i'),
    ok: style.good('✓'),
  };
  for (const group of checkGroups) {
    const own = findings
      .filter(({ id, severity }) => groupOf(id) === group && (verbose || severity !== 'ok'))
      .toSorted((left, right) => rank[left.severity] - rank[right.severity]);
    if (own.length === 0) continue;
    output.line(style.bold(group));
    for (const { id, severity, text, remedy } of own) {
      const [first = '', ...more] = text.split('\n');
      const isFine = severity === 'ok';
      output.line(`  ${mark[severity]} ${isFine ? `${id}: ${first}` : `${first}  ${style.dim(id)}`}`);
      for (const line of more) output.line(`    ${line}`);
      if (remedy !== undefined) output.line(`    ${remedy.replaceAll('\n', '\n    ')}`);
    }
    output.line();
  }
  const fine = findings.filter(({ severity }) => severity === 'ok').length;
  if (!verbose && fine > 0) {
    const other = fine === findings.length ? '' : ' other';
    const words =
      fine === 1
        ? 'thing is as it should be (--verbose lists it)'
        : 'things are as they should be (--verbose lists them)';
    output.line(`${style.good('✓')} ${fine}${other} ${words}.`);
  }
}

/** The last line. */
export function printEnd(
  output: Output,
  findings: readonly Finding[],
  { mayFix, failed }: { mayFix: boolean; failed: number },
): void {
  const { errors, warnings } = countOf(findings);
  if (errors + warnings + failed === 0) {
    output.line('Nothing is wrong.');
    return;
  }
  const parts = [
    plural(errors, 'error'),
    plural(warnings, 'warning'),
    failed === 0 ? '' : `${plural(failed, 'attempt')} to mend failed`,
  ].filter((part) => part !== '');
  const fixable = findings.filter(({ fix }) => fix !== undefined).length;
  const hint = mayFix && fixable > 0 ? ` ${fixable} can be mended from here: openclaw doctor --fix` : '';
  output.line(`${parts.join(', ')}.${hint}`);
}

function plural(count: number, word: string): string {
  if (count === 0) return '';
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
