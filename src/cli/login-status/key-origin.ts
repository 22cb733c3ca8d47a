// Where the key of a provider that needs no login was found, and who has set the variable that it is in. Names places and
// never values.
import type { LoadedConfig } from '../../config/load.ts';
import type { Env } from '../../platform/env.ts';
import { keyPlace, type KeyPlace } from '../key-place.ts';

export type KeyOrigin =
  /** `setBy`: who has set the variable. */
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly setBy: 'environment' | '.env' | 'openclaw.json';
    }
  | Extract<KeyPlace, { kind: 'config' }>
  /** It is open to whoever names it. */
  | { readonly kind: 'open' }
  /** Not to be seen from here: the gateway that runs has it. */
  | { readonly kind: 'gateway' };

export type Surroundings = {
  readonly config: Pick<LoadedConfig, 'config' | 'raw' | 'env'>;
  /** Of the process alone. */
  readonly processEnv: Env;
  /** What `<state dir>/.env` sets. */
  readonly dotenv: Env;
};

export function keyOrigin(provider: string, around: Surroundings): KeyOrigin {
  const place = keyPlace(provider, around.config) ?? { kind: 'open' };
  return place.kind === 'variable' ? variable(place.name, around) : place;
}

/** `the key in MINIMAX_API_KEY, from the environment`. */
export function describeKeyOrigin(origin: KeyOrigin): string {
  if (origin.kind === 'open') return 'no key needed';
  if (origin.kind === 'gateway') return 'key that the gateway was started with';
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
