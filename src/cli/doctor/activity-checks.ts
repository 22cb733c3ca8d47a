// Which logins are left alone for a while, and whether an explicit order names those that are there.
import { describeCooldownReason } from '../../auth/candidates.ts';
import { activeOf } from '../../auth/cooldown.ts';
import { isOpenClawError } from '../../errors.ts';
import type { StoredCooldown } from '../../store/activity-store.ts';
import { formatRelative } from '../ui/duration.ts';
import { formatDateTime } from '../ui/instant.ts';
import type { Check, DoctorPorts } from './check.ts';
import { ok, safeName, shown, type Finding } from './finding.ts';

export const cooldownCheck: Check = {
  name: 'cooldowns',
  run(ports) {
    const nowMs = ports.clock.nowMs();
    const active = activeOf(readOrNothing(ports).cooldowns, nowMs);
    return active.length === 0
      ? [ok('login.cooldown', 'none')]
      : active.map((row) => judgeCooldown(row, nowMs));
  },
};

/** Those that do not pass by waiting a little are worth a warning. */
const stubborn: ReadonlySet<string> = new Set(['auth', 'billing', 'quota']);

export function judgeCooldown({ profileId, model, reason, untilMs }: StoredCooldown, nowMs: number): Finding {
  const name = safeName(profileId);
  const scope = model === '' ? '' : ` for ${shown(model)}`;
  return {
    id: 'login.cooldown',
    severity: stubborn.has(reason) ? 'warning' : 'info',
    text: `${shown(profileId)}${scope} is left alone until ${formatDateTime(untilMs)} (${formatRelative(untilMs, nowMs)}): ${shown(describeCooldownReason(reason))}.`,
    remedy: `It is tried again by itself. To try now: \`openclaw auth clear-cooldown${name === undefined ? '' : ` ${name}`}\`.`,
  };
}

/** An activity file that cannot be read is told by its own check. */
function readOrNothing({ activity }: DoctorPorts): ReturnType<DoctorPorts['activity']> {
  try {
    return activity();
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    return { cooldowns: [], uses: [], orders: new Map() };
  }
}

export const orderCheck: Check = {
  name: 'the order of logins',
  async run(ports) {
    const config = isOpenClawError(ports.config) ? undefined : ports.config.config;
    const stored = readOrNothing(ports).orders;
    const written = new Map(Object.entries(config?.auth?.order ?? {}));
    const logins = (await ports.logins()).map(({ record }) => record);
    const findings = [...new Set([...stored.keys(), ...written.keys()])].flatMap((provider) => {
      const isStored = stored.has(provider);
      const order = stored.get(provider) ?? written.get(provider) ?? [];
      const there = logins.filter((record) => record.provider === provider).map(({ id }) => id);
      return judgeOrder({ provider, order, there, isStored });
    });
    return findings.length === 0 ? [ok('login.order', 'every order names logins that are there')] : findings;
  },
};

export function judgeOrder(order: {
  readonly provider: string;
  readonly order: readonly string[];
  readonly there: readonly string[];
  /** By `auth order set`; else in openclaw.json. */
  readonly isStored: boolean;
}): Finding[] {
  const missing = order.order.filter((id) => !order.there.includes(id) && !id.endsWith(':key'));
  const left = order.order.filter((id) => order.there.includes(id));
  const provider = safeName(order.provider);
  // A provider that nobody has logged in to has nothing to be put in order.
  if (order.there.length === 0 && !order.isStored) return [];
  const serves = left.length > 0 || order.order.some((id) => id.endsWith(':key'));
  if (missing.length === 0 && serves) return [];
  const where = order.isStored ? 'auth order set' : `auth.order in openclaw.json`;
  const isShut = !serves && order.there.length > 0;
  const names = missing.map(shown).join(', ');
  const said =
    missing.length === 0
      ? 'names no login at all'
      : `names ${names}, which ${missing.length === 1 ? 'is' : 'are'} not there`;
  const clear = provider === undefined ? '' : `\`openclaw auth order clear ${provider}\``;
  const list = left.length > 0 ? left : order.there;
  const set =
    provider === undefined || list.length === 0 || list.some((id) => safeName(id) === undefined)
      ? ''
      : `\`openclaw auth order set ${provider} ${list.join(' ')}\``;
  const commands = order.isStored ? [clear, set] : [set];
  const ways = commands.filter((command) => command !== '').join(' or ');
  return [
    {
      id: 'login.order',
      severity: isShut ? 'error' : 'warning',
      text: `The order of ${shown(order.provider)} (${where}) ${said}${isShut ? ': no login of it is used' : ''}.`,
      remedy: order.isStored
        ? `Set it anew: ${ways}.`
        : `Mend it in openclaw.json${ways === '' ? '' : `, or let another order count: ${ways}`}.`,
    },
  ];
}
