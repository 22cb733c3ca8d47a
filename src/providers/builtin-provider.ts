// A provider that needs no plugin: where it is served, how its key is sent, a list of models, and the ways in which a
// person sets it up. The ways are data, as in a plugin's manifest, so that a menu loads no code.
import type { Env } from '../platform/env.ts';
import type { ModelApi, ModelDefinition } from '../plugin-sdk/index.ts';
import type { CheckKey } from './key-check.ts';

/** Has what an entry of `providerAuthChoices` in a manifest has. */
export type BuiltinChoice = {
  readonly provider: string;
  /** `api-key`: a key is asked for; `local-server`: an address is. */
  readonly method: 'api-key' | 'local-server';
  readonly choiceId: string;
  readonly choiceLabel: string;
  readonly choiceHint?: string;
  readonly groupId: string;
  readonly groupLabel: string;
  /** Other ids for the same choice on the command line. */
  readonly aliases?: readonly string[];
  /** The site that a key of this choice is of, one of `regions`. */
  readonly region?: string;
  /** Under which a key that is typed is kept. */
  readonly profileId: string;
  /** Where a person finds the key, or how they start the server. */
  readonly whereFrom: string;
  /** Model ref that is offered first. */
  readonly defaultModel?: string;
};

export type BuiltinProvider = {
  readonly id: string;
  readonly label: string;
  /** Origin and path before `/v1/messages` (Anthropic) or before `/chat/completions` (OpenAI): that of `api`. */
  readonly baseUrl: string;
  readonly api: ModelApi;
  /** For a server with a path for each API: where they are, on the vendor's own hosts, or on any host where none is named. */
  readonly sites?: { readonly hosts?: readonly string[]; readonly paths: Readonly<Record<ModelApi, string>> };
  /** Each model is served by all the APIs of `sites`. */
  readonly servesAllApis?: true;
  /** For a vendor with several sites, which do not know each other's keys: the origin of each; the first is the usual one. */
  readonly regions?: Readonly<Record<string, string>>;
  /** The origin that the environment names, where the configuration has no address. */
  readonly originOf?: (env: Env) => string | undefined;
  /** The first one that is set holds the key. */
  readonly envVars: readonly string[];
  /** It is served without a key too, to whoever names it in the configuration. */
  readonly isOpen?: true;
  /** What is written for a key where the server wants none: OpenClaw asks for one all the same. */
  readonly openKey?: string;
  /** Its server is asked which models it has (model-discovery.ts). */
  readonly listsModels?: true;
  /** Complete authentication headers, lower-case names; absent: those of the API. */
  readonly headers?: (key: string) => Readonly<Record<string, string>>;
  /**
   * What to do when the server at this address refuses the key; a remedy. undefined: nothing more than usual. `region`: that
   * of a key which is kept as a login.
   */
  readonly ifRefused?: (baseUrl: string, region?: string) => string | undefined;
  /** The beginning of its keys, where no other vendor's keys begin so. */
  readonly keyPrefix?: string;
  /** Loads what proves a key by a call that costs nothing. */
  readonly loadKeyCheck?: () => Promise<CheckKey>;
  readonly authChoices: readonly BuiltinChoice[];
  readonly models: readonly ModelDefinition[];
};
