// The default model: which one the configuration names, whether a login changes it, and the edit that does.
import type { ConfigEdit } from '../config/edit.ts';
import type { LoadedConfig } from '../config/load.ts';
import { OpenClawError } from '../errors.ts';
import { valueAt } from '../config/tree.ts';

export type DefaultModelFacts = {
  current: string | undefined;
  /** What the login brings. */
  offered: string | undefined;
  /** `--model` */
  wanted: string | undefined;
  setDefault: boolean;
  keepDefault: boolean;
};

export type DefaultModelDecision =
  | { kind: 'keep' }
  | { kind: 'set'; ref: string }
  | { kind: 'ask'; suggested: string };

/**
 * Without a terminal `ask` becomes `set` where there is no default yet, and `keep` where a person has chosen one.
 * Throws USAGE when the flags contradict each other.
 */
export function decideDefaultModel(facts: DefaultModelFacts, interactive: boolean): DefaultModelDecision {
  const { current, offered, wanted } = facts;
  if (facts.keepDefault && (facts.setDefault || wanted !== undefined)) {
    throw new OpenClawError({
      code: 'USAGE',
      message: `--keep-default and ${facts.setDefault ? '--set-default' : '--model'} contradict each other.`,
      remedy: 'Leave one of them out.',
    });
  }
  if (facts.keepDefault) return { kind: 'keep' };
  if (wanted !== undefined) return { kind: 'set', ref: wanted };
  if (offered === undefined || offered === current) return { kind: 'keep' };
  if (facts.setDefault) return { kind: 'set', ref: offered };
  if (interactive) return { kind: 'ask', suggested: offered };
  return current === undefined ? { kind: 'set', ref: offered } : { kind: 'keep' };
}

export function currentDefault(config: LoadedConfig): string | undefined {
  const model = config.config.agents?.defaults?.model;
  return typeof model === 'string' ? model : model?.primary;
}

/** What stands in for it, as written. */
export function currentFallbacks({ config }: LoadedConfig): readonly string[] {
  const model = config.agents?.defaults?.model;
  return typeof model === 'string' ? [] : (model?.fallbacks ?? []);
}

/** A default that is written as a plain string stays one. */
export function defaultModelEdit({ raw }: Pick<LoadedConfig, 'raw'>, ref: string): ConfigEdit {
  const path = ['agents', 'defaults', 'model'];
  return { path: typeof valueAt(raw, path) === 'string' ? path : [...path, 'primary'], value: ref };
}
