// Writes figures in the Prometheus text format, version 0.0.4: families one after the other, each with its help and type
// before its samples. Which figures there are is metrics.ts's and metrics-page.ts's.

export const expositionContentType = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

export type FamilyKind = 'counter' | 'gauge' | 'histogram';

export type Exposition = {
  /** Begins a family; its samples follow. A family without samples is left out. */
  family(name: string, kind: FamilyKind, help: string): void;
  /** `suffix` is `_bucket`, `_sum` or `_count`, of a histogram. */
  sample(labels: Labels, value: number, suffix?: string): void;
  /** Ends with a line feed, as the format asks. */
  text(): string;
};

export function createExposition(): Exposition {
  const lines: string[] = [];
  let name = '';
  let head: string | undefined;
  return {
    family(familyName, kind, help) {
      name = familyName;
      head = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}`;
    },
    sample(labels, value, suffix = '') {
      if (head !== undefined) lines.push(head);
      head = undefined;
      lines.push(`${name}${suffix}${writeLabels(labels)} ${writeNumber(value)}`);
    },
    text: () => (lines.length === 0 ? '' : `${lines.join('\n')}\n`),
  };
}

function writeLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

export function writeNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeValue = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
