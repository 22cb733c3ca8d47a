// `auth order get|set|clear`: which logins of a provider serve requests, and in which order. Stored beside the logins, before
// what the configuration says; a gateway that runs follows within a second.
import type { App } from '../../app.ts';
import { keyProfileId } from '../../auth/candidates.ts';
import { orderProfiles } from '../../auth/order.ts';
import { OpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import { apiKeyOf } from '../../providers/api-key.ts';
import { createActivityStore } from '../../store/activity-store.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { didYouMean } from '../profile-argument.ts';

type Order = { provider: string; source: 'stored' | 'config' | 'default'; profiles: readonly string[] };

/** How long a command waits for a gateway that is writing. */
const busyWaitMs = 2_000;

export async function authOrderGet(
  context: CommandContext,
  options: OutputOptions,
  named: string | undefined,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const { orders } = createActivityStore(app.activity({ mode: 'look', busyWaitMs })).read();
    const records = await app.store().listProfiles();
    const config = app.config().config.auth?.order ?? {};
    const everyone = [...records.map(({ provider }) => provider), ...orders.keys(), ...Object.keys(config)];
    const providers = named === undefined ? [...new Set(everyone)].sort() : [named];
    const found = providers.map((provider): Order => {
      const stored = orders.get(provider);
      if (stored !== undefined) return { provider, source: 'stored', profiles: stored };
      const written = Object.hasOwn(config, provider) ? config[provider] : undefined;
      if (written !== undefined) return { provider, source: 'config', profiles: written };
      const own = records.filter((record) => record.provider === provider);
      return { provider, source: 'default', profiles: orderProfiles(own, undefined).ids };
    });
    output.result({ orders: found });
    if (found.length === 0) output.line('No logins yet, and no order.');
    for (const order of found) output.line(describe(order));
    return 0;
  } finally {
    app.close();
  }
}

export async function authOrderSet(
  context: CommandContext,
  options: OutputOptions,
  provider: string,
  profiles: readonly string[],
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const known = await profilesOf(app, provider);
    const unknown = profiles.find((profile) => !known.includes(profile));
    if (unknown !== undefined) throw unknownProfile(provider, unknown, known);
    const chosen = [...new Set(profiles)];
    createActivityStore(app.activity({ mode: 'keep', busyWaitMs })).setOrder(provider, chosen);
    output.result({ provider, source: 'stored', profiles: chosen });
    output.line(`${output.style.good('✓')} ${describe({ provider, source: 'stored', profiles: chosen })}`);
    const left = known.filter((id) => !chosen.includes(id));
    if (left.length > 0) output.line(`  Never used while this order stands: ${left.join(', ')}`);
    return 0;
  } finally {
    app.close();
  }
}

export async function authOrderClear(
  context: CommandContext,
  options: OutputOptions,
  provider: string,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const cleared = createActivityStore(app.activity({ mode: 'keep', busyWaitMs })).setOrder(
      provider,
      undefined,
    );
    const shown = cleanText(provider, 80);
    output.result({ provider, cleared });
    output.line(
      cleared
        ? `${output.style.good('✓')} The stored order of ${shown} is gone`
        : `${shown} had no stored order`,
    );
    return Promise.resolve(0);
  } finally {
    app.close();
  }
}

async function profilesOf(app: App, provider: string): Promise<string[]> {
  const records = await app.store().listProfiles();
  const ids = records.filter((record) => record.provider === provider).map(({ id }) => id);
  const keyId = keyProfileId(provider);
  if (apiKeyOf(provider, app.config()) !== undefined && !ids.includes(keyId)) ids.push(keyId);
  return ids;
}

function unknownProfile(provider: string, unknown: string, known: readonly string[]): OpenClawError {
  const [of, id] = [cleanText(provider, 80), cleanText(unknown, 80)];
  return new OpenClawError({
    code: 'PROFILE_UNKNOWN',
    message: `${of} has no login ${id}. ${known.length === 0 ? 'It has none at all.' : `${didYouMean(unknown, known)}It has: ${known.join(', ')}.`}`,
  });
}

const sources: Readonly<Record<Order['source'], string>> = {
  stored: 'as set by `auth order set`',
  config: 'as auth.order of the configuration says',
  default: 'by kind; the least recently used of a kind goes first',
};

function describe({ provider, source, profiles }: Order): string {
  const ids = profiles.map((id) => cleanText(id, 120)).join(', ');
  return `${cleanText(provider, 80)}: ${ids === '' ? 'none' : ids}  (${sources[source]})`;
}
