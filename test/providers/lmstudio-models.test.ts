// What is made of LM Studio's lists of models, and of servers that answer something else.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFetch } from '../../src/platform/fetch.ts';
import { askLmStudio, chatModels, type ListAnswer } from '../../src/providers/lmstudio-models.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { aModel, anEmbedding, startLmStudio } from '../support/lmstudio-server.ts';
import { startServer } from '../support/loopback-server.ts';

const ask = (baseUrl: string, key?: string, clock = createFakeClock()): Promise<ListAnswer> =>
  askLmStudio({ fetch: createFetch({}), clock }, { baseUrl, key }, 500, new AbortController().signal);

describe('a list', () => {
  const ids = (listed: unknown[], details?: unknown[]): string[] =>
    chatModels(listed, details).map(({ id }) => id);

  it('says what there is, and the other one what it is', () => {
    const listed = ['a', 'b', 'c', 'text-embedding-x', 'lost'].map((id) => ({ id, object: 'model' }));
    const details = [
      { id: 'a', type: 'llm', max_context_length: 131_072 },
      { id: 'b', type: 'vlm', max_context_length: 32_768, loaded_context_length: 4_096 },
      { id: 'c', type: 'tts' },
      { id: 'text-embedding-x', type: 'embeddings' },
      { id: 'not-listed', type: 'llm' },
    ];
    const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    expect(chatModels(listed, details)).toEqual([
      {
        id: 'a',
        name: 'a',
        reasoning: false,
        input: ['text'],
        cost,
        contextWindow: 131_072,
        maxTokens: 8_192,
      },
      {
        id: 'b',
        name: 'b',
        reasoning: false,
        input: ['text', 'image'],
        cost,
        contextWindow: 4_096,
        maxTokens: 4_096,
      },
      {
        id: 'lost',
        name: 'lost',
        reasoning: false,
        input: ['text'],
        cost,
        contextWindow: 32_768,
        maxTokens: 8_192,
      },
    ]);
  });

  it.each([
    [
      'embedding models by their name, where nothing else tells',
      [{ id: 'text-embedding-x' }, { id: 'o/text-embedding-y' }],
    ],
    ['what is no entry', [null, 7, 'm', [], {}, { id: 7 }, { id: '' }]],
    ['ids that cannot be shown', [{ id: 'a\nb' }, { id: 'a\u202eb' }, { id: ' a' }, { id: 'x'.repeat(201) }]],
  ])('is read without %s', (_, listed) => {
    expect(ids([...listed, { id: 'm' }])).toEqual(['m']);
  });

  it('may hold an id twice, fields of another type, and more than anybody has', () => {
    expect(ids([{ id: 'm', type: 7, max_context_length: 'long' }, { id: 'm' }])).toEqual(['m']);
    expect(ids(Array.from({ length: 2_000 }, (_, index) => ({ id: `m${index}` })))).toHaveLength(1_000);
    // A chat model that is named like none.
    expect(ids([{ id: 'text-embedding-chat', type: 'llm' }])).toEqual(['text-embedding-chat']);
  });
});

describe('a server', () => {
  it('is asked for both lists, with the key where there is one', async () => {
    const studio = await startLmStudio();
    const answer = await ask(studio.baseUrl, 'sim-at-key');
    expect(answer).toMatchObject({ kind: 'models', models: [{ id: aModel.id, contextWindow: 196_608 }] });
    expect(
      studio.requests
        .map(({ method, url, headers }) => `${method} ${url} ${headers.authorization}`)
        .toSorted(),
    ).toEqual(['GET /api/v0/models Bearer sim-at-key', 'GET /v1/models Bearer sim-at-key']);
    await ask(studio.baseUrl);
    expect(studio.requests.at(-1)?.headers.authorization).toBeUndefined();
  });

  it('of an older release has the one list', async () => {
    const studio = await startLmStudio([aModel, anEmbedding]);
    studio.isOld = true;
    expect(await ask(studio.baseUrl)).toMatchObject({
      kind: 'models',
      models: [{ id: aModel.id, contextWindow: 32_768 }],
    });
  });

  it.each([
    [200, { error: 'Unexpected endpoint or method. (GET /models)' }, 'no list of models (HTTP 200)'],
    [200, { data: {} }, 'no list of models (HTTP 200)'],
    [200, { data: [{ id: 'x'.repeat(1024 * 1024) }] }, 'no list of models (HTTP 200)'],
    [307, {}, 'no list of models (HTTP 307)'],
    [500, { object: 'list', data: [] }, 'no list of models (HTTP 500)'],
    [401, { error: 'key' }, 'it wants a key, LM_API_TOKEN, or another one (HTTP 401)'],
  ])('that answers HTTP %i and something else is told', async (status, body, reason) => {
    const studio = await startLmStudio();
    studio.instead = { status, body };
    expect(await ask(studio.baseUrl)).toEqual({ kind: 'trouble', reason });
  });

  it('that is off, or never ends its answer, is told', async () => {
    const studio = await startLmStudio();
    await studio.close();
    expect(await ask(studio.baseUrl)).toMatchObject({
      kind: 'trouble',
      reason: expect.stringContaining('ECONNREFUSED') as string,
    });
    const waiting: (() => void)[] = [];
    const arrived = new Promise<void>((resolve) => waiting.push(resolve));
    const dripping = await startServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"data":[');
      if (request.url === '/v1/models') waiting[0]?.();
    });
    onTestFinished(dripping.close);
    const clock = createFakeClock();
    const answer = ask(`${dripping.url}/v1`, undefined, clock);
    await arrived;
    await clock.advance(500);
    expect(await answer).toEqual({ kind: 'trouble', reason: 'no answer within 500 ms' });
  });
});
