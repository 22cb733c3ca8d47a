// Proves a MiniMax key by the plan's usage call, which is free of charge. A key that pays as it goes has no plan: whatever
// the server says of that, it says nothing against the key.
import { foreignText } from '../platform/text.ts';
import { readJsonAnswer } from '../oauth/form-post.ts';
import type { KeyQuestion, KeyVerdict } from './key-check.ts';

/** The second is the name of older servers. */
const names = ['/v1/token_plan/remains', '/v1/api/openplatform/coding_plan/remains'] as const;
/** https://platform.minimax.io/docs/api-reference/errorcode */
const refusals = new Set([1004, 2049]);

export async function checkMinimaxKey({ fetch, baseUrl, key, signal }: KeyQuestion): Promise<KeyVerdict> {
  const root = baseUrl.replace(/\/+$/, '').replace(/\/(?:anthropic|v1)$/, '');
  const headers = { authorization: `Bearer ${key}`, accept: 'application/json' };
  for (const name of names) {
    const response = await fetch(`${root}${name}`, { headers, signal });
    const body = await readJsonAnswer(response);
    if (response.status === 404 && name !== names.at(-1)) continue;
    const { code, message } = readBase(body);
    if (response.status === 401 || (code !== undefined && refusals.has(code))) return { kind: 'refused' };
    if (response.status === 200 && code === 0) return { kind: 'works' };
    const isForeign = response.status === 200 && code === undefined;
    if (isForeign)
      return { kind: 'unknown', reason: `${new URL(root).host} does not answer as MiniMax does` };
    const said = code === undefined || code === 0 ? `HTTP ${response.status}` : `${message} (${code})`;
    return { kind: 'unknown', reason: `${new URL(root).host} said: ${foreignText(said, [key])}` };
  }
  return { kind: 'unknown', reason: `${new URL(root).host} has no call that shows it` };
}

function readBase(body: unknown): { code: number | undefined; message: string } {
  const base: unknown =
    typeof body === 'object' && body !== null && 'base_resp' in body ? body.base_resp : {};
  const { status_code: code, status_msg: message } = (
    typeof base === 'object' && base !== null ? base : {}
  ) as Record<string, unknown>;
  return {
    code: typeof code === 'number' ? code : undefined,
    message: typeof message === 'string' ? message : 'error',
  };
}
