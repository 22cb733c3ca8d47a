// Whom a request for the default model reaches, by what each of the chain is opened with.
import { describe, expect, it } from 'vitest';
import type { ModelAuth } from '../../src/cli/model-auth.ts';
import { describeChain } from '../../src/cli/model-chain.ts';
import { createCatalogue } from '../../src/providers/catalogue.ts';
import { loadText } from '../support/load-text.ts';

const ready: ModelAuth = { kind: 'key', state: 'ready', kinds: ['key'] };
const cooldown = { profileId: 'a:key', model: 'm', reason: 'quota', failures: 1, sinceMs: 0, untilMs: 9 };
const cooling: ModelAuth = { ...ready, state: 'cooling', cooldown };
const notInPlan: ModelAuth = { ...cooling, notInPlan: cooldown };
const ended: ModelAuth = { ...ready, state: 'ended' };

function nowOf(auths: Record<string, ModelAuth>, model: string): string | undefined {
  const provider = (api: string): string =>
    `{ baseUrl: "http://127.0.0.1:9", apiKey: "k", api: "${api}", models: [{ id: "m" }] }`;
  const { config, env } = loadText(`{
    agents: { defaults: { model: ${model} } },
    models: { providers: { a: ${provider('anthropic-messages')}, b: ${provider('anthropic-messages')},
      c: ${provider('openai-completions')} } } }`);
  const catalogue = createCatalogue({
    config,
    env,
    pluginCatalogs: [],
    providersWithProfile: new Set(),
    disabledProviders: [],
  });
  return describeChain({ catalogue, authOf: (id) => auths[id] ?? ready }).now?.ref;
}

const chain = '{ primary: "a/m", fallbacks: ["c/m", "b/m"] }';

describe('the model that answers', () => {
  it.each<[string, Record<string, ModelAuth>, string, string | undefined]>([
    ['is the default', {}, chain, 'a/m'],
    ['is the fallback of the same API while the default cools down', { a: cooling }, chain, 'b/m'],
    ['is the fallback where the login of the default has ended', { a: ended }, chain, 'b/m'],
    ['is the fallback where the plan has not the default', { a: notInPlan }, chain, 'b/m'],
    ['is the default again where all cool down', { a: cooling, b: cooling }, chain, 'a/m'],
    ['is a fallback that cools down rather than none', { a: ended, b: cooling }, chain, 'b/m'],
    ['is none where nothing is left that speaks its API', { a: ended, b: ended }, chain, undefined],
    ['is none without a default', {}, '{ fallbacks: ["b/m"] }', undefined],
    ['is none for a default that nobody knows', {}, '{ primary: "gone/m", fallbacks: ["b/m"] }', undefined],
  ])('%s', (_, auths, model, expected) => {
    expect(nowOf(auths, model)).toBe(expected);
  });
});
