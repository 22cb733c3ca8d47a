// Proves an Anthropic key by the list of models, which is free of charge.
// https://docs.claude.com/en/api/models-list
import type { KeyQuestion, KeyVerdict } from './key-check.ts';

const version = '2023-06-01';

export async function checkAnthropicKey({ fetch, baseUrl, key, signal }: KeyQuestion): Promise<KeyVerdict> {
  const root = baseUrl.replace(/\/+$/, '');
  const response = await fetch(`${root}/v1/models?limit=1`, {
    headers: { 'x-api-key': key, 'anthropic-version': version, accept: 'application/json' },
    signal,
  });
  await response.body?.cancel();
  if (response.status === 200) return { kind: 'works' };
  if (response.status === 401) return { kind: 'refused' };
  return { kind: 'unknown', reason: `${new URL(root).host} said: HTTP ${response.status}` };
}
