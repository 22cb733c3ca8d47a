// The text of a configuration as it may be shown: every secret in it is dots, everything else as it is written.
import type { ValueNode } from '@humanwhocodes/momoa';
import type { ConfigPath } from './config-path.ts';
import { endOf, nameOf, startOf, type Json5Document } from './json5-document.ts';
import { isBehindFlag, isSecret, isSecretNumberKey } from './secret-places.ts';
import { isSecretAsName, looksSecret, mask } from './secret-text.ts';

type Range = { from: number; to: number };

export function maskedText(document: Json5Document): string {
  const { text, root } = document;
  const ranges: Range[] = [];
  const visit = (node: ValueNode, path: ConfigPath, before?: ValueNode): void => {
    const range = { from: startOf(node), to: endOf(node) };
    const flag = before?.type === 'String' ? before.value : undefined;
    if (node.type === 'String' && (isSecret(node.value, path) || isBehindFlag(node.value, flag)))
      ranges.push(range);
    if (node.type === 'Number' && isSecretNumberKey(path)) ranges.push(range);
    if (node.type === 'Array') {
      for (const [index, element] of node.elements.entries())
        visit(element.value, [...path, index], node.elements[index - 1]?.value);
    }
    if (node.type !== 'Object') return;
    for (const member of node.members) {
      const name = nameOf(member);
      if (isSecretAsName(name)) ranges.push({ from: startOf(member.name), to: endOf(member.name) });
      visit(member.value, [...path, name]);
    }
  };
  if (root !== undefined) visit(root, []);
  for (const token of document.tokens) {
    if (!token.type.endsWith('Comment')) continue;
    const [from, to] = [startOf(token) + 2, endOf(token)];
    if (looksSecret(text.slice(from, to)))
      ranges.push({ from, to: token.type === 'BlockComment' ? to - 2 : to });
  }
  return ranges
    .sort((left, right) => right.from - left.from)
    .reduce((shown, { from, to }) => `${shown.slice(0, from)}"${mask}"${shown.slice(to)}`, text);
}

export type ChangedLine = { readonly sign: '-' | '+'; readonly line: number; readonly text: string };

/** The lines between those at the beginning and at the end that two texts have in common. */
export function changedLines(before: string, after: string): ChangedLine[] {
  const [old, fresh] = [before.split(/\r\n|\n|\r/), after.split(/\r\n|\n|\r/)];
  const shorter = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < shorter && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === fresh.at(-1 - end)) end += 1;
  const numbered = (lines: readonly string[], sign: '-' | '+'): ChangedLine[] =>
    lines.slice(start, lines.length - end).map((text, index) => ({ sign, line: start + index + 1, text }));
  return [...numbered(old, '-'), ...numbered(fresh, '+')];
}
