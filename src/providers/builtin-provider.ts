// A provider that needs no plugin: where it is served, how its key is sent, and a list of models.
import type { Env } from '../platform/env.ts';
import type { ModelApi, ModelDefinition } from '../plugin-sdk/index.ts';

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
  /** The origin that the environment names, where the configuration has no address. */
  readonly originOf?: (env: Env) => string | undefined;
  /** The first one that is set holds the key. */
  readonly envVars: readonly string[];
  /** It is served without a key too, to whoever names it in the configuration. */
  readonly isOpen?: true;
  /** Its server is asked which models it has (model-discovery.ts). */
  readonly listsModels?: true;
  /** Complete authentication headers, lower-case names; absent: those of the API. */
  readonly headers?: (key: string) => Readonly<Record<string, string>>;
  /** What to do when the server at this address refuses the key; a remedy. undefined: nothing more than usual. */
  readonly ifRefused?: (baseUrl: string) => string | undefined;
  readonly models: readonly ModelDefinition[];
};
