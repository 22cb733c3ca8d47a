// A provider that needs no plugin: an API key and a list of models.
import type { ModelApi, ModelDefinition } from '../plugin-sdk/index.ts';

export type BuiltinProvider = {
  readonly id: string;
  readonly label: string;
  /** Origin and path before `/v1/messages`. */
  readonly baseUrl: string;
  readonly api: ModelApi;
  /** The first one that is set holds the key. */
  readonly envVars: readonly string[];
  /** Complete authentication headers, lower-case names. */
  readonly headers: (key: string) => Readonly<Record<string, string>>;
  readonly models: readonly ModelDefinition[];
};
