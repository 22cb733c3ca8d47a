// A server that answers as LM Studio does: its two lists of models, HTTP 200 with an error for a path that it does not
// know, and what it was asked for in the Responses API.
import { onTestFinished } from 'vitest';
import { sendJson, startServer, type SeenRequest } from './loopback-server.ts';

export type ListedModel = {
  id: string;
  type?: string;
  max_context_length?: number;
  loaded_context_length?: number;
};

export type LmStudio = {
  /** With `/v1`. */
  baseUrl: string;
  port: number;
  requests: SeenRequest[];
  /** How often the list was asked for. */
  asked(): number;
  models: ListedModel[];
  /** The list is answered with this instead. */
  instead: { status: number; body: unknown } | undefined;
  /** As older releases, it has one list alone. */
  isOld: boolean;
  close(): Promise<void>;
};

export const aModel = { id: 'minimax-m2.1-gs32', type: 'llm', max_context_length: 196_608 };
export const anEmbedding = {
  id: 'text-embedding-nomic-embed-text-v1.5',
  type: 'embeddings',
  max_context_length: 2_048,
};

export async function startLmStudio(models: ListedModel[] = [aModel, anEmbedding]): Promise<LmStudio> {
  const server = await startServer((request, response) => {
    const { method, url } = request;
    if (url === '/v1/models') {
      const data = studio.models.map(({ id }) => ({ id, object: 'model', owned_by: 'organization_owner' }));
      sendJson(response, studio.instead?.status ?? 200, studio.instead?.body ?? { object: 'list', data });
    } else if (url === '/api/v0/models' && !studio.isOld) {
      const state = { object: 'model', arch: 'llama', compatibility_type: 'gguf', state: 'not-loaded' };
      sendJson(response, 200, {
        object: 'list',
        data: studio.models.map((model) => ({ ...model, ...state })),
      });
    } else if (method === 'POST' && url === '/v1/responses') {
      const { model } = JSON.parse(request.body) as { model: string };
      const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
      sendJson(response, 200, {
        id: 'resp_1',
        object: 'response',
        status: 'completed',
        model,
        output: [],
        usage,
      });
    } else sendJson(response, 200, { error: `Unexpected endpoint or method. (${method} ${url})` });
  });
  onTestFinished(server.close);
  const studio: LmStudio = {
    baseUrl: `${server.url}/v1`,
    port: Number(new URL(server.url).port),
    requests: server.requests,
    asked: () => server.requests.filter(({ url }) => url === '/v1/models').length,
    models,
    instead: undefined,
    isOld: false,
    close: server.close,
  };
  return studio;
}
