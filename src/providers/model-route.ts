// Where a model is served: the answer of the catalogue to a model name that a client sent.
import type { ModelApi, ModelDefinition } from '../plugin-sdk/index.ts';

export type ModelRoute = {
  readonly provider: string;
  /** The id that the upstream expects in the request body. */
  readonly modelId: string;
  /** `provider/model`. */
  readonly ref: string;
  readonly api: ModelApi;
  readonly definition: ModelDefinition;
};

export type Catalogue = {
  /**
   * Resolves a ref, an alias, a unique bare id, or `default`. Exact case.
   * Throws MODEL_UNKNOWN, whose message names the cause and a suggestion; PLUGIN_DISABLED for a disabled provider.
   */
  find(name: string): ModelRoute;
  list(): readonly ModelRoute[];
};
