// One login or key in words: its state, whether requests get it and why, and the facts behind that. What a person has to
// do stands last, as a command.
import { describeCooldownReason } from '../../auth/candidates.ts';
import { describeOlderCopy } from '../../auth/doubt.ts';
import type { OrderReason } from '../../auth/order.ts';
import type { LoginState } from '../../auth/status.ts';
import { cleanText } from '../../platform/text.ts';
import type { StoredCooldown } from '../../store/activity-store.ts';
import type { ProfileRecord } from '../../store/credential-store.ts';
import { loginAgain } from '../login-again.ts';
import { formatAgo, formatDuration, formatRelative } from '../ui/duration.ts';
import { formatInstant } from '../ui/instant.ts';
import { foldUnder } from '../ui/plain-fold.ts';
import type { Style } from '../ui/style.ts';
import { describeAnswer } from './answer-text.ts';
import type { Idle, StatusFacts } from './collect.ts';
import type { Entry, OrderSource } from './describe.ts';
import { describeKeyOrigin } from './key-origin.ts';
import { foldFact, type Page, type Tint } from './page.ts';
import type { Asked } from './probe.ts';
import { describeAccess, describeRefresh } from './renewal-text.ts';

type Fact = readonly [label: string, text: string | undefined, tint?: Tint];

const labelWidth = 11;

export function describeBlock(
  entry: Entry,
  facts: StatusFacts,
  asked: Partial<Asked> | undefined,
  page: Page,
): string[] {
  const lines = describeHead(entry, page);
  const { nowMs } = facts;
  for (const [label, text, tint] of factsOf(entry, facts, page.style))
    if (text !== undefined) lines.push(...foldFact(`  ${label}`.padEnd(labelWidth), text, page, tint));
  if (asked !== undefined) lines.push(...describeAnswer(asked, nowMs, page));
  const next = nextOf(entry);
  if (next !== undefined) {
    const columns = page.foldsCommands === true ? page.columns : undefined;
    lines.push(...foldFact('  Next     ', next, { ...page, columns }));
  }
  return lines;
}

/** `cooling down until 14:03:20 UTC (in 12 min) for MiniMax-M3: too many requests` */
export function describePause({ model, reason, untilMs }: StoredCooldown, nowMs: number): string {
  const scope = model === '' ? '' : ` for ${cleanText(model, 120)}`;
  return `cooling down until ${formatInstant(untilMs, nowMs)} (${formatRelative(untilMs, nowMs)})${scope}: ${describeCooldownReason(reason)}`;
}

/** A login that nothing but a new one helps does not wait for the end of a cooldown. */
export function isCoolingDown({ status, cooldowns }: Pick<Entry, 'status' | 'cooldowns'>): boolean {
  return cooldowns.length > 0 && status.state !== 'needs_login';
}

const words: Record<LoginState, string> = {
  ok: 'ok',
  refreshing: 'refreshing now',
  expiring: 'ends soon',
  expired: 'expired, renewed at the next use',
  needs_login: 'needs a new login',
};

/** `minimax-portal:default  ok  in use (only login)`: what changes when the state does, and nothing else. */
export function headline(entry: Entry): string {
  const word = isCoolingDown(entry) ? 'cooling down' : words[entry.status.state];
  return [entry.id, word, describeUse(entry)].filter((part) => part !== '').join('  ');
}

function describeHead(entry: Entry, { style, columns }: Page): string[] {
  const { id, status, use } = entry;
  const tints: Record<LoginState, Tint> = {
    ok: style.good,
    refreshing: style.good,
    expiring: style.warn,
    expired: style.warn,
    needs_login: style.bad,
  };
  const isCooling = isCoolingDown(entry);
  const word = isCooling ? 'cooling down' : words[status.state];
  const tint = isCooling ? style.warn : tints[status.state];
  const said = describeUse(entry);
  const useTint = use.kind === 'left_out' || use.kind === 'idle' ? style.warn : style.dim;
  const head = `${style.bold(id)}  ${tint(word)}`;
  const width = id.length + 2 + word.length;
  if (said === '') return [head];
  if (columns === undefined || width + 2 + said.length <= columns) return [`${head}  ${useTint(said)}`];
  return [head, ...foldUnder('  ', said, columns).map((line) => useTint(line))];
}

const explicit: Readonly<Record<OrderSource, string>> = {
  stored: 'first in the order you set',
  config: 'first in auth.order of openclaw.json',
  default: 'first in its order',
};

const reasons: Readonly<Record<Exclude<OrderReason, 'explicit order'>, string>> = {
  'only login': 'only login',
  'oauth before other kinds': 'logins go before keys',
  'first by name': 'first by name',
  'least recently used': 'least recently used',
  'the others are cooling down': 'those before it rest',
};

function describeUse({ use, record }: Entry): string {
  switch (use.kind) {
    case 'active': {
      const isOnlyKey = record === undefined && use.reason === 'only login';
      const reason = use.reason === 'explicit order' ? explicit[use.orderFrom] : reasons[use.reason];
      return `in use (${isOnlyKey ? 'only key' : reason})`;
    }
    case 'standby':
      return use.inTurn ? `in turn with ${use.after}` : `when ${use.after} cannot be used`;
    case 'left_out':
      return `never used: left out of ${use.orderFrom === 'config' ? 'auth.order of openclaw.json' : 'the order you set'}`;
    case 'idle':
      return `not used: ${describeIdle(use.idle)}`;
    case 'ended':
      return '';
  }
}

function describeIdle(idle: Idle): string {
  switch (idle.kind) {
    case 'no_plugin':
      return 'no plugin here knows its provider';
    case 'not_in_gateway':
      return 'the gateway that runs was started without it';
    case 'plugins_off':
      return 'every plugin is off (plugins.enabled is false)';
    case 'plugin_disabled':
      return `its plugin ${idle.pluginId} is disabled`;
    case 'plugin_failed':
      return `its plugin ${idle.pluginId} does not load`;
  }
}

function factsOf(entry: Entry, facts: StatusFacts, style: Style): Fact[] {
  const { nowMs } = facts;
  const { record, origin, status, use, cooldowns, lastUsedAtMs } = entry;
  const pauses = isCoolingDown(entry) ? cooldowns : [];
  return [
    ['Key', origin === undefined ? undefined : describeKeyOrigin(origin)],
    ['Login', record === undefined ? undefined : describeKind(record, nowMs)],
    ...pauses.map((cooldown): Fact => ['Paused', describePause(cooldown, nowMs)]),
    ['Why', status.detail === undefined ? undefined : cleanText(status.detail, 600)],
    ['Plugin', describeFailure(use), style.bad],
    ['Clock', describeClock(status.behindMs), style.warn],
    // The reason of a dead login has it already.
    [
      'Backup',
      record?.restored === undefined || record.dead !== undefined ? undefined : describeOlderCopy(record),
      style.warn,
    ],
    ['Access', record === undefined ? undefined : describeAccess(record, status, facts, use.kind === 'idle')],
    [
      'Refresh',
      record === undefined ? undefined : describeRefresh(record, status, facts, use.kind === 'idle'),
    ],
    ['Used', lastUsedAtMs === undefined ? undefined : formatAgo(lastUsedAtMs, nowMs)],
  ];
}

function describeFailure(use: Entry['use']): string | undefined {
  if (use.kind !== 'idle' || use.idle.kind !== 'plugin_failed') return undefined;
  return cleanText(use.idle.failure.message, 600);
}

const kinds: Readonly<Record<ProfileRecord['type'], string>> = {
  oauth: 'OAuth login',
  token: 'token',
  api_key: 'API key',
};

function describeKind(record: ProfileRecord, nowMs: number): string | undefined {
  // Nothing but its id counts then.
  if (record.damaged === true) return undefined;
  const { region, account } = record;
  const known = [
    `${kinds[record.type]} at ${cleanText(record.provider, 80)}`,
    region === undefined ? '' : `region ${cleanText(region, 40)}`,
    account === undefined ? '' : `account ${cleanText(account, 120)}`,
    `${formatDuration(nowMs - record.createdAtMs)} old`,
  ];
  return known.filter((each) => each !== '').join(', ');
}

function describeClock(behindMs: number | undefined): string | undefined {
  if (behindMs === undefined) return undefined;
  return `this machine’s clock is ${formatDuration(behindMs)} behind what was written here: it was set back, and the times are off`;
}

function nextOf({ id, record, status, use, ...entry }: Entry): string | undefined {
  if (status.state === 'needs_login') return loginAgain({ id, region: record?.region });
  if (use.kind === 'idle') return nextOfIdle(use.idle, entry.origin);
  if (use.kind === 'left_out' && use.orderFrom === 'stored')
    return `openclaw auth order clear ${cleanText(entry.provider, 80)}, to use it again`;
  if (isCoolingDown({ status, ...entry })) return `openclaw auth clear-cooldown ${id}, to try it now`;
  return undefined;
}

/** A restart hands the environment on; the file is read again while it serves. */
function nextOfIdle(idle: Idle, origin: Entry['origin']): string {
  switch (idle.kind) {
    case 'plugin_disabled':
      return `openclaw plugins enable ${idle.pluginId}`;
    case 'plugin_failed':
      return `openclaw plugins inspect ${idle.pluginId}`;
    case 'plugins_off': {
      const allOn = 'openclaw config unset plugins.enabled';
      return idle.isEnabled ? allOn : `${allOn} && openclaw plugins enable ${idle.pluginId}`;
    }
    case 'no_plugin':
      return 'openclaw plugins list';
    case 'not_in_gateway':
      return origin?.kind === 'variable'
        ? `put ${origin.name} into .env of the state folder, which the gateway follows`
        : 'openclaw gateway restart';
  }
}
