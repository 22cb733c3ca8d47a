// What a person can keep: the logins of the store, and the keys that configuration and environment hold.
import { authChoices, type App } from '../../app.ts';
import { apiKeyOf, needsNoLogin } from '../../providers/api-key.ts';
import { ownEntry } from '../../providers/address.ts';
import { builtinProviders, ownVariable } from '../../providers/builtin-providers.ts';
import { currentDefault } from '../default-model.ts';
import type { ExistingLogin } from './steps.ts';

/** Those of the default model's provider first. No key is needed for it. */
export async function existingLogins(app: App): Promise<ExistingLogin[]> {
  const config = app.config();
  const choices = authChoices(app);
  const groupOf = (provider: string): string =>
    choices.find((choice) => choice.provider === provider)?.groupId ?? provider;
  const records = await app.store().listProfiles();
  const logins = records.map(({ id, provider, type, region, dead }) => ({
    id,
    provider,
    groupId: groupOf(provider),
    label: `the ${type === 'api_key' ? 'key' : 'login'} ${id}${region === undefined ? '' : ` (${region})`}${dead === undefined ? '' : ', which needs a new login'}`,
  }));
  const keys = builtinProviders.flatMap(({ id: provider, label }) => {
    if (!needsNoLogin(provider, config)) return [];
    const written = typeof ownEntry(config.config.models?.providers, provider)?.apiKey === 'string';
    const variable = ownVariable(provider, config.env);
    const where = written || variable === undefined ? 'of openclaw.json' : `in ${variable}`;
    const isKey = apiKeyOf(provider, config) !== undefined;
    return [
      {
        id: `${provider}:key`,
        provider,
        groupId: groupOf(provider),
        label: isKey ? `the ${label} ${where}` : `${label}, as it is`,
      },
    ];
  });
  const used = currentDefault(config)?.split('/')[0];
  return [...logins, ...keys].toSorted(
    (left, right) => Number(right.provider === used) - Number(left.provider === used),
  );
}
