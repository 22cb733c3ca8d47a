// The logins as their records have them: which need a new login, which a refresh, and whether their plugin works. No
// network and no key. Which of them are used, and when, is activity-checks.ts'.
import { describeOlderCopy } from '../../auth/doubt.ts';
import type { ObservedRecord } from '../../auth/running-refresh.ts';
import { describeLogin } from '../../auth/status.ts';
import { isOpenClawError } from '../../errors.ts';
import { apiKeyProviders } from '../../providers/api-key.ts';
import { builtinOf } from '../../providers/builtin-providers.ts';
import type { PluginStatus } from '../../plugins/host.ts';
import { currentDefault } from '../default-model.ts';
import { formatRelative } from '../ui/duration.ts';
import { lowerFirst } from '../ui/sentence.ts';
import { areAllOff } from '../plugin-report.ts';
import { standingOf, type Check, type DoctorPorts } from './check.ts';
import { ok, safeName, shown, type Finding } from './finding.ts';
import { servesFromMemory } from './port-standing.ts';

export const loginsCheck: Check = {
  name: 'the logins',
  deadlineMs: 4_500,
  async run(ports) {
    const logins = await ports.logins();
    const config = isOpenClawError(ports.config) ? undefined : ports.config;
    const nowMs = ports.clock.nowMs();
    const keys = config === undefined ? 0 : apiKeyProviders(config).length;
    if (logins.length === 0 && config !== undefined && keys === 0) {
      const elsewhere = await keysElsewhere(ports);
      if (elsewhere.keys > 0) return [ok('login.none', `${elsewhere.keys} providers by key of the gateway`)];
      return [judgeNone(currentDefault(config), elsewhere.isServed)];
    }
    const findings = logins.flatMap((login) => judgeLogin(login, nowMs));
    return [ok('login.none', `${logins.length} logins, ${keys} providers by key`), ...findings];
  },
};

/** Of a gateway alone: another shell has started it. `isServed`: one is ready, with whatever it has. */
async function keysElsewhere(ports: DoctorPorts): Promise<{ keys: number; isServed: boolean }> {
  const { running, health } = await standingOf(ports);
  if (running === undefined) return { keys: 0, isServed: servesFromMemory(await ports.port()) !== false };
  return {
    keys: running.keyProviders?.length ?? 0,
    isServed: typeof health === 'object' && health.ready,
  };
}

/** Whoever has set a default model means to use it. */
export function judgeNone(primary: string | undefined, isServed: boolean): Finding {
  const none = 'There is neither a login nor a key';
  const remedy = 'Log in: `openclaw onboard`.';
  if (isServed) {
    const text = `${none} that is to be seen from here; a gateway that is ready serves with what it has.`;
    return {
      id: 'login.none',
      severity: 'info',
      text,
      remedy: `Without that gateway: ${lowerFirst(remedy)}`,
    };
  }
  if (primary === undefined) {
    return { id: 'login.none', severity: 'info', text: `${none}: nothing can be served yet.`, remedy };
  }
  return {
    id: 'login.none',
    severity: 'error',
    text: `${none}: nothing can be served, the default model ${shown(primary)} included.`,
    remedy: `${remedy} If there were logins, bring back auth/credentials.sqlite from a backup instead.`,
  };
}

export const ownersCheck: Check = {
  name: 'the plugins of the logins',
  deadlineMs: 4_500,
  async run({ logins, plugins, config }) {
    if (plugins === undefined || isOpenClawError(config)) return [];
    // Whether the code of a plugin works shows when it is loaded.
    await plugins.providers();
    const owners = ownersOf(plugins.statuses());
    const found = (await logins())
      .filter(({ record }) => record.damaged !== true)
      .flatMap(({ record }) => judgeOwner(record, owners.get(record.provider), areAllOff(config)));
    return found.length > 0 ? found : [ok('login.plugin', 'the plugin of every login works')];
  },
};

/** What is wrong with one login, the worst only; `ok` with its name otherwise. */
export function judgeLogin({ record, isRefreshing }: ObservedRecord, nowMs: number): Finding[] {
  const id = shown(record.id);
  const name = safeName(record.id);
  const region = record.region === 'cn' || record.region === 'global' ? ` --region ${record.region}` : '';
  const isPortal = record.type === 'oauth';
  const again = `Log in again: \`openclaw auth login${name === undefined ? '' : ` --profile-id ${name}`}${isPortal ? region : ''}\`.`;
  const refresh = `Try it now: \`openclaw auth refresh${name === undefined ? '' : ` ${name}`}\`.`;
  const { state, detail = '' } = describeLogin(record, nowMs, isRefreshing);
  if (record.damaged === true) {
    return [
      {
        id: 'login.damaged',
        severity: 'error',
        text: `The row of ${id} in the store is damaged; the other logins are not.`,
        remedy: again,
      },
    ];
  }
  if (record.dead !== undefined) {
    const at = formatRelative(record.dead.atMs, nowMs);
    return [
      {
        id: 'login.dead',
        severity: 'error',
        text: `${id} is over (${at}): ${shown(record.dead.reason)}`,
        remedy: again,
      },
    ];
  }
  if (state === 'needs_login') {
    return [
      {
        id: 'login.expired',
        severity: 'error',
        text: `${id} has expired and has no refresh token.`,
        remedy: again,
      },
    ];
  }
  if (state === 'expiring') {
    const at = formatRelative(record.expiresAtMs ?? nowMs, nowMs);
    return [
      {
        id: 'login.expired',
        severity: 'warning',
        text: `${id} ends ${at} and has no refresh token.`,
        remedy: again,
      },
    ];
  }
  if (record.restored !== undefined) {
    const text = `${id}: ${lowerFirst(describeOlderCopy(record))}.`;
    return [
      {
        id: 'login.restored',
        severity: 'warning',
        text,
        remedy: `${refresh} If that fails: ${lowerFirst(again)}`,
      },
    ];
  }
  if (record.intent !== undefined && isRefreshing !== true && state !== 'refreshing') {
    const at = formatRelative(record.intent.atMs, nowMs);
    const text = `A refresh of ${id} was cut off ${at} (process ${record.intent.pid} is gone): the next one tries the stored token once.`;
    return [{ id: 'login.cut-off', severity: 'warning', text, remedy: refresh }];
  }
  if (record.lastRefresh?.outcome === 'transient') {
    const at = formatRelative(record.lastRefresh.atMs, nowMs);
    const text = `The last refresh of ${id} failed ${at}: ${shown(record.lastRefresh.reason ?? 'nobody knows why')}`;
    return [
      { id: 'login.refresh', severity: state === 'expired' ? 'error' : 'warning', text, remedy: refresh },
    ];
  }
  return [ok('login.dead', `${id} is ${state}${detail === '' ? '' : ` (${shown(detail)})`}`)];
}

type Owner = { readonly pluginId: string; readonly state: 'disabled' | 'ready' | 'failed' };

/** Of several the one that works, else the one that is meant to and does not. */
function ownersOf(statuses: readonly PluginStatus[]): Map<string, Owner> {
  const rank = ({ state, enabled }: PluginStatus): number => {
    if (state === 'ready') return 0;
    if (state === 'failed') return enabled ? 1 : 3;
    return 2;
  };
  const owners = new Map<string, Owner>();
  for (const plugin of statuses.toSorted((left, right) => rank(right) - rank(left))) {
    for (const provider of plugin.providers)
      owners.set(provider, { pluginId: plugin.id, state: plugin.state });
  }
  return owners;
}

export function judgeOwner(
  { id, provider, type }: { id: string; provider: string; type: string },
  owner: Owner | undefined,
  isAllOff: boolean,
): Finding[] {
  const lost = (why: string, remedy: string): Finding[] => [
    {
      id: 'login.plugin',
      severity: 'error',
      text: `${shown(id)} is neither used nor refreshed: ${why}.`,
      remedy,
    },
  ];
  if (owner?.state === 'ready') return [];
  if (owner?.state === 'disabled' && isAllOff) {
    const remedy = 'Have those back that are enabled: `openclaw config unset plugins.enabled`.';
    return lost('plugins.enabled is false, which turns off every plugin', remedy);
  }
  if (owner?.state === 'disabled') {
    return lost(
      `its plugin ${owner.pluginId} is disabled`,
      `Enable it: \`openclaw plugins enable ${owner.pluginId}\`.`,
    );
  }
  if (owner !== undefined) {
    return lost(
      `its plugin ${owner.pluginId} does not work`,
      `See why: \`openclaw plugins inspect ${owner.pluginId}\`.`,
    );
  }
  if (type === 'api_key' || builtinOf(provider) !== undefined) return [];
  return lost(
    `no plugin brings the provider ${shown(provider)}`,
    'See what there is: `openclaw plugins list`.',
  );
}
