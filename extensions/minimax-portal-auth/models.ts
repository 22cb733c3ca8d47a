// MiniMax's models on the plan, as data: what the catalogue shows under `minimax-portal/`. The plan pays, so cost is 0.
// Ids are case-sensitive at the server.
import type { ModelDefinition } from '../../src/plugin-sdk/index.ts';

type Row = readonly [
  id: string,
  contextWindow: number,
  maxTokens: number,
  input: readonly ('text' | 'image')[],
];

const rows: readonly Row[] = [
  ['MiniMax-M3', 1_000_000, 131_072, ['text', 'image']],
  ['MiniMax-M2.7', 204_800, 131_072, ['text']],
  ['MiniMax-M2.7-highspeed', 204_800, 131_072, ['text']],
  ['MiniMax-M2.5', 204_800, 131_072, ['text']],
  ['MiniMax-M2.5-highspeed', 204_800, 131_072, ['text']],
  ['MiniMax-M2.1', 200_000, 8_192, ['text']],
  ['MiniMax-M2.1-lightning', 200_000, 8_192, ['text']],
];

export const defaultModel = 'minimax-portal/MiniMax-M3';

export const planModels: readonly ModelDefinition[] = rows.map(([id, contextWindow, maxTokens, input]) => ({
  id,
  name: id.replaceAll('-', ' '),
  reasoning: true,
  input,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  contextWindow,
  maxTokens,
}));

/** The fast twins: some plans have them not, and the service says so at the first request. */
export const notInEveryPlan: readonly string[] = rows
  .map(([id]) => id)
  .filter((id) => id.endsWith('-highspeed'));
