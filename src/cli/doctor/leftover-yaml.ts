// The key of the service in the YAML that MiniMax's own program writes: whether there is one at the top, and the text without
// it. Not a parser: a key at the beginning of a line, with all that belongs to it. Pure.
import { isPlainSecret } from './leftover-secrets.ts';

const keyLine = /^(["']?)api_key\1[ \t]*:(?=\s|$)(.*)$/;
/** A text over several lines: `|`, `>-`, `|2+`. */
const blockHeader = /^[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?$/;

/** `found`: how many keys with a secret there were. References and empty values stay. */
export function withoutApiKey(yaml: string): { readonly text: string; readonly found: number } {
  const lines = yaml.split(/(?<=\n)/);
  const kept: string[] = [];
  let found = 0;
  for (let index = 0; index < lines.length;) {
    const end = endOfValue(lines, index);
    const value = valueOf(lines.slice(index, end));
    if (value !== undefined && isPlainSecret(value)) found += 1;
    else kept.push(...lines.slice(index, end));
    index = end;
  }
  return { text: kept.join(''), found };
}

/** Of the lines that follow those belong to it that are indented, and the empty ones between them. */
function endOfValue(lines: readonly string[], begin: number): number {
  let end = begin + 1;
  for (let index = end; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (/^[ \t]+\S/.test(line)) end = index + 1;
    else if (line.trim() !== '') break;
  }
  return end;
}

/** undefined for another key. */
function valueOf([first = '', ...more]: readonly string[]): string | undefined {
  const inline = keyLine.exec(first.replace(/^\ufeff/, '').trimEnd())?.[2]?.trim();
  if (inline === undefined) return undefined;
  const rest = more.map((line) => line.trim()).join(' ');
  if (blockHeader.test(inline)) return rest.trim();
  const whole = `${inline} ${rest}`.trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"|^'((?:[^']|'')*)'/.exec(whole);
  return quoted === null ? whole.replace(/(?:^|\s)#.*$/, '').trim() : (quoted[1] ?? quoted[2] ?? '');
}
