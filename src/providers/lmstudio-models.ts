// Asks an LM Studio server which models it has. The list at `/v1/models` says which ids it takes, and no more; the older
// list of its own API, `/api/v0/models`, has for the same ids what kind they are (llm, vlm, embeddings) and how long their
// context is. Models that do not chat are left out. When it is asked is for model-discovery.ts.
import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { loadFetch, type Fetch } from '../platform/fetch.ts';
import { cleanText } from '../platform/text.ts';
import type { ModelDefinition } from '../plugin-sdk/index.ts';
import { readJsonAnswer } from '../oauth/form-post.ts';
import { describeNetworkError } from '../oauth/network-error.ts';

/** `key`: sent where the server wants one. */
export type Place = { readonly baseUrl: string; readonly key: string | undefined };

export type ListAnswer =
  | { readonly kind: 'models'; readonly models: readonly ModelDefinition[] }
  /** `reason`: a clause, fit to be shown. */
  | { readonly kind: 'trouble'; readonly reason: string };

const limitBytes = 1024 * 1024;
const mostModels = 1_000;
const longestId = 200;

/** Nobody says how long an answer may be; the context is what bounds it. */
const maxTokens = 8_192;
const unknownContext = 32_768;

const list = z.looseObject({ data: z.array(z.unknown()) });
const otherwise = z.catch;
const text = otherwise(z.optional(z.string()), undefined);
const count = otherwise(z.optional(z.int().check(z.positive())), undefined);
const entry = z.looseObject({
  id: z.string(),
  type: text,
  max_context_length: count,
  /** Of a model that is loaded with less than it could have. */
  loaded_context_length: count,
});
type Entry = z.output<typeof entry>;

/** `limitMs` bounds the whole, `signal` ends it before. Never rejects. */
export async function askLmStudio(
  deps: { fetch: Fetch; clock: Clock },
  place: Place,
  limitMs: number,
  signal: AbortSignal,
): Promise<ListAnswer> {
  const deadline = new AbortController();
  let cancel: () => void = () => undefined;
  try {
    // Not a part of the server's time.
    await loadFetch();
    cancel = deps.clock.setTimer(() => deadline.abort(), limitMs, { unref: true });
    return await readLists(deps.fetch, place, AbortSignal.any([signal, deadline.signal]));
  } catch (error) {
    if (deadline.signal.aborted) return { kind: 'trouble', reason: `no answer within ${limitMs} ms` };
    const secrets = place.key === undefined ? [] : [place.key];
    return { kind: 'trouble', reason: describeNetworkError(error, secrets).reason };
  } finally {
    cancel();
    // What the other list is still busy with.
    deadline.abort();
  }
}

async function readLists(fetch: Fetch, { baseUrl, key }: Place, signal: AbortSignal): Promise<ListAnswer> {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const headers = { accept: 'application/json', ...authorization };
  const get = (url: string): Promise<Response> => fetch(url, { headers, signal });
  const details = readDetails(get, baseUrl);
  const response = await get(`${baseUrl}/models`);
  const { status } = response;
  const body = await readJsonAnswer(response, limitBytes);
  if (status === 401 || status === 403) {
    return { kind: 'trouble', reason: `it wants a key, LM_API_TOKEN, or another one (HTTP ${status})` };
  }
  const read = list.safeParse(body);
  // A path that it does not know is answered with HTTP 200, too.
  if (status !== 200 || !read.success)
    return { kind: 'trouble', reason: `no list of models (HTTP ${status})` };
  return { kind: 'models', models: chatModels(read.data.data, await details) };
}

/** `details`: the entries of the other list, if there is one. In the order of the server, each id once. */
export function chatModels(
  listed: readonly unknown[],
  details: readonly unknown[] = [],
): readonly ModelDefinition[] {
  const known = new Map(details.flatMap(readEntry).map((each) => [each.id, each]));
  const models = new Map<string, ModelDefinition>();
  for (const plain of listed.slice(0, mostModels).flatMap(readEntry)) {
    const { id } = plain;
    const said = known.get(id) ?? plain;
    if (!doesChat(id, said.type) || models.has(id)) continue;
    const contextWindow = said.loaded_context_length ?? said.max_context_length ?? unknownContext;
    models.set(id, {
      id,
      name: id,
      reasoning: false,
      input: said.type === 'vlm' ? ['text', 'image'] : ['text'],
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      contextWindow,
      maxTokens: Math.min(maxTokens, contextWindow),
    });
  }
  return [...models.values()];
}

/** Where nothing says what it is, its name does: LM Studio puts this before the name of every embedding model. */
function doesChat(id: string, type: string | undefined): boolean {
  if (type !== undefined) return type === 'llm' || type === 'vlm';
  return !/(?:^|\/)text-embedding-/i.test(id);
}

/** An id that cannot be shown as it is is no id that anybody could ask for. */
function readEntry(value: unknown): Entry[] {
  const read = entry.safeParse(value);
  if (!read.success) return [];
  const { id } = read.data;
  return id !== '' && cleanText(id, longestId) === id ? [read.data] : [];
}

/** Nothing where there is no such list: the other one is enough. */
async function readDetails(
  get: (url: string) => Promise<Response>,
  baseUrl: string,
): Promise<readonly unknown[] | undefined> {
  if (!baseUrl.endsWith('/v1')) return undefined;
  try {
    const response = await get(`${baseUrl.slice(0, -'/v1'.length)}/api/v0/models`);
    const read = list.safeParse(await readJsonAnswer(response, limitBytes));
    return response.status === 200 && read.success ? read.data.data : undefined;
  } catch {
    return undefined;
  }
}
