// Where the key of a provider that needs no login was found: a variable, and who has set it, or a place in openclaw.json.
// Names places and never values. Which providers have a key is for providers/api-key.ts.
import { pathText } from '../../config/config-path.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { valueAt } from '../../config/tree.ts';
import type { Env } from '../../platform/env.ts';
import { ownEntry } from '../../providers/address.ts';
import { builtinOf } from '../../providers/builtin-providers.ts';

export type KeyOrigin =
  /** `setBy`: who has set the variable. */
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly setBy: 'environment' | '.env' | 'openclaw.json';
    }
  | { readonly kind: 'config'; readonly path: string }
  /** It is open to whoever names it. */
  | { readonly kind: 'open' };

export type Surroundings = {
  readonly config: Pick<LoadedConfig, 'config' | 'raw' | 'env'>;
  /** Of the process alone. */
  readonly processEnv: Env;
  /** What `<state dir>/.env` sets. */
  readonly dotenv: Env;
};

/** `${NAME}` and nothing else. */
const reference = /^\$\{([A-Z_][A-Z0-9_]*)\}$/;

export function keyOrigin(provider: string, around: Surroundings): KeyOrigin {
  const { config } = around;
  if (isFilled(ownEntry(config.config.models?.providers, provider)?.apiKey)) {
    const place = ['models', 'providers', provider, 'apiKey'];
    const written = valueAt(config.raw, place);
    const name = typeof written === 'string' ? reference.exec(written)?.[1] : undefined;
    if (name !== undefined) return variable(name, around);
    return { kind: 'config', path: pathText(place) };
  }
  const name = builtinOf(provider)?.envVars.find((each) => isFilled(config.env[each]));
  return name === undefined ? { kind: 'open' } : variable(name, around);
}

/** `the key in MINIMAX_API_KEY, from the environment`. */
export function describeKeyOrigin(origin: KeyOrigin): string {
  if (origin.kind === 'open') return 'no key needed';
  if (origin.kind === 'config') return `key in openclaw.json (${origin.path})`;
  const { name, setBy } = origin;
  if (setBy === 'environment') return `key from ${name}, set in the environment`;
  return setBy === '.env'
    ? `key from ${name}, set in .env of the state folder`
    : `key in openclaw.json (env.${name})`;
}

/** As a configuration is loaded: the process, then `.env`, then the `env` block. */
function variable(name: string, { processEnv, dotenv }: Surroundings): KeyOrigin {
  if (processEnv[name] !== undefined) return { kind: 'variable', name, setBy: 'environment' };
  return { kind: 'variable', name, setBy: dotenv[name] === undefined ? 'openclaw.json' : '.env' };
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
