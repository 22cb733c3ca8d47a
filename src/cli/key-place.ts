// Where the key of a provider that needs no login is written: a variable, or a place in openclaw.json. Names places and never
// values. Which providers have a key is for providers/api-key.ts.
import { pathText } from '../config/config-path.ts';
import type { LoadedConfig } from '../config/load.ts';
import { valueAt } from '../config/tree.ts';
import { ownEntry } from '../providers/address.ts';
import { builtinOf } from '../providers/builtin-providers.ts';

export type KeyPlace =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'config'; readonly path: string };

/** `${NAME}` and nothing else. */
const reference = /^\$\{([A-Z_][A-Z0-9_]*)\}$/;

/** As a person finds it: the variable where there is one. undefined: there is no key. */
export function keyPlace(
  provider: string,
  { config, env, raw }: Pick<LoadedConfig, 'config' | 'env' | 'raw'>,
): KeyPlace | undefined {
  if (isFilled(ownEntry(config.models?.providers, provider)?.apiKey)) {
    const path = ['models', 'providers', provider, 'apiKey'];
    const written = valueAt(raw, path);
    const name = typeof written === 'string' ? reference.exec(written)?.[1] : undefined;
    return name === undefined ? { kind: 'config', path: pathText(path) } : { kind: 'variable', name };
  }
  const name = builtinOf(provider)?.envVars.find((each) => isFilled(env[each]));
  return name === undefined ? undefined : { kind: 'variable', name };
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
