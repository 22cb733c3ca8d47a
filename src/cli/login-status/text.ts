// `auth status` for a person: a block for each login and key, those in use first, then what concerns all of them. Pure:
// what was found comes in, lines go out.
import { cleanText } from '../../platform/text.ts';
import { describeStorage } from '../ui/storage-text.ts';
import { describeBlock, describePause } from './block-text.ts';
import type { StatusFacts } from './collect.ts';
import type { StatusReport } from './describe.ts';
import { foldFact, type Page } from './page.ts';
import type { Asked } from './probe.ts';

export type StatusView = {
  readonly facts: StatusFacts;
  readonly report: StatusReport;
  /** By the entry's id; absent where nothing was asked. */
  readonly asked?: ReadonlyMap<string, Partial<Asked>>;
};

const nothingYet = [
  'No logins yet.',
  '  With a MiniMax plan    openclaw onboard --auth-choice minimax-portal',
  '  With an API key        openclaw configure',
];

export function describeInWords({ facts, report, asked }: StatusView, page: Page): string[] {
  const { style } = page;
  const lines: string[] = [];
  for (const entry of report.entries)
    lines.push(...describeBlock(entry, facts, asked?.get(entry.id), page), '');
  for (const row of report.otherCooldowns) {
    const text = `${cleanText(row.profileId, 120)}  ${describePause(row, facts.nowMs)}`;
    lines.push(...foldFact('', text, page, style.warn));
  }
  for (const { provider, path, variable } of report.missingKeys) {
    const text = `${cleanText(provider, 80)} has no key: ${cleanText(path, 120)} needs ${variable}, which is not set`;
    lines.push(...foldFact('', text, page, style.warn));
  }
  if (report.entries.length === 0) lines.push(...nothingYet);
  else if (report.unserved !== undefined) {
    const text = `The default model is one of ${cleanText(report.unserved, 80)}, which nothing here can serve: openclaw onboard`;
    lines.push(...foldFact('', text, page, style.bad));
  }
  return [...lines, ...describeAll(facts, page)];
}

function describeAll({ storage, isKeyFileGone, gateway, logins }: StatusFacts, page: Page): string[] {
  const { style } = page;
  const lines: string[] = [];
  if (storage !== undefined && logins.length > 0) {
    const { text, safe } = describeStorage(storage);
    const kept = isKeyFileGone ? `${text}, which is not there now: no login can be opened` : text;
    lines.push(...foldFact('Kept     ', kept, page, safe && !isKeyFileGone ? undefined : style.bad));
  }
  if (gateway !== undefined) {
    const where = gateway.url === null ? '' : ` on ${cleanText(gateway.url, 120)}`;
    lines.push(...foldFact('Gateway  ', `runs${where} (process ${gateway.pid})`, page));
  }
  return lines;
}
