// Where a model is served: the answer of the catalogue to a model name that a client sent.
import type { ModelApi, ModelDefinition } from '../plugin-sdk/index.ts';

export type ModelRoute = {
  readonly provider: string;
  /** The id that the upstream expects in the request body. */
  readonly modelId: string;
  /** `provider/model`. */
  readonly ref: string;
  readonly api: ModelApi;
  /** Its server speaks these too, for the same model. */
  readonly furtherApis?: readonly ModelApi[];
  readonly definition: ModelDefinition;
};

export function isServedBy({ api, furtherApis }: ModelRoute, asked: ModelApi): boolean {
  return api === asked || furtherApis?.includes(asked) === true;
}

/** A further model of a chain; without a route it is not in the catalogue, or nothing is there to serve it with. */
export type Fallback = { readonly ref: string; readonly route: ModelRoute | undefined };

export type Catalogue = {
  /**
   * Resolves a ref, an alias, a unique bare id, or `default`. Exact case.
   * Throws MODEL_UNKNOWN, whose message names the cause and a suggestion; PLUGIN_DISABLED for a disabled provider.
   */
  find(name: string): ModelRoute;
  /**
   * The models to go on with when this one fails, in turn: those of `agents.defaults.model.fallbacks` for the default
   * model, and none for any other that a client names.
   */
  fallbacks(route: ModelRoute): readonly Fallback[];
  list(): readonly ModelRoute[];
};
