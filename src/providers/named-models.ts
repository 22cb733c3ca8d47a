// The models that a configuration names without describing them: the default, its fallbacks, and those with an alias.
import type { OpenClawConfig } from '../config/schema.ts';

/** Ids of the provider's models among them, without repetition. Names without a provider (aliases) are not looked into. */
export function namedModels(config: OpenClawConfig, provider: string): string[] {
  const { model, models = {} } = config.agents?.defaults ?? {};
  const chosen = typeof model === 'string' ? [model] : [model?.primary ?? '', ...(model?.fallbacks ?? [])];
  const prefix = `${provider}/`;
  const ids = [...chosen, ...Object.keys(models)]
    .filter((ref) => ref.startsWith(prefix) && ref.length > prefix.length)
    .map((ref) => ref.slice(prefix.length));
  return [...new Set(ids)];
}
