// `auth status` for a person: a block for each login and key, those in use first, then what concerns all of them. Pure:
// what was found comes in, lines go out.
import { cleanText } from '../../platform/text.ts';
import { describeStorage } from '../ui/storage-text.ts';
import { describeBlock, describePause } from './block-text.ts';
import type { MissingKeyFile, StatusFacts } from './collect.ts';
import { cannotStart, isStoreShut, type StatusReport } from './describe.ts';
import { foldFact, type Page } from './page.ts';
import type { Asked } from './probe.ts';

export type StatusView = {
  readonly facts: StatusFacts;
  readonly report: StatusReport;
  /** By the entry's id; absent where nothing was asked. */
  readonly asked?: ReadonlyMap<string, Partial<Asked>>;
};

const firstSteps = [
  ['  With a MiniMax plan    ', 'openclaw onboard --auth-choice minimax-portal'],
  ['  With an API key        ', 'openclaw configure'],
] as const;

function describeNothing(page: Page): string[] {
  const columns = page.foldsCommands === true ? page.columns : undefined;
  const steps = firstSteps.flatMap(([label, command]) => foldFact(label, command, { ...page, columns }));
  return ['No logins yet.', ...steps];
}

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
  if (report.entries.length === 0) lines.push(...describeNothing(page));
  if (report.unserved !== undefined) {
    // What is there says itself what it needs.
    const isThere = report.entries.some(({ provider }) => provider === report.unserved);
    const first = report.entries.length === 0 ? '' : ': openclaw onboard';
    const text = `The default model is one of ${cleanText(report.unserved, 80)}, which nothing here can serve${isThere ? ' now' : first}`;
    lines.push(...foldFact('', text, page, style.bad));
  }
  return [...lines, ...describeAll(facts, page)];
}

function describeAll(
  { storage, missingKeyFile, gateway, logins, unwritable, isConfigBroken }: StatusFacts,
  page: Page,
): string[] {
  const { style } = page;
  const lines: string[] = [];
  if (storage !== undefined && logins.length > 0) {
    const { text, safe } = describeStorage(storage);
    const shut = isStoreShut({ missingKeyFile, gateway });
    const tint = shut || !safe ? style.bad : missingKeyFile === undefined ? undefined : style.warn;
    const gone = missingKeyFile === undefined ? '' : describeGone(missingKeyFile, shut);
    lines.push(...foldFact('Kept     ', text + gone, page, tint));
  }
  if (isConfigBroken) {
    const text = cannotStart({ isConfigBroken, gateway })
      ? 'does not load, and no gateway starts until it does: openclaw config validate'
      : 'does not load; the gateway goes on with the last one that did: openclaw config validate';
    lines.push(...foldFact('Config   ', text, page, gateway === undefined ? style.bad : style.warn));
  }
  if (unwritable !== undefined) {
    const text = `${cleanText(unwritable.message, 600)}. ${cleanText(unwritable.remedy, 600)}`;
    lines.push(...foldFact('Disk     ', text, page, style.bad));
  }
  if (gateway !== undefined) {
    const where = gateway.url === null ? '' : ` on ${cleanText(gateway.url, 120)}`;
    lines.push(...foldFact('Gateway  ', `runs${where} (process ${gateway.pid})`, page));
  }
  return lines;
}

function describeGone({ path, variable }: MissingKeyFile, isShut: boolean): string {
  const named = variable === undefined ? '' : `; ${variable} names ${cleanText(path, 400)} instead`;
  return isShut
    ? `${named}, which is not there now: no login can be opened`
    : `${named}, which is not to be seen from here; the gateway that runs has it`;
}
