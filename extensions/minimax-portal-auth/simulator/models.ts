// The models the API host serves. Ids are case-sensitive; limits are in tokens.

export interface ServedModel {
  readonly id: string;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
}

export const SERVED_MODELS: readonly ServedModel[] = [
  { id: 'MiniMax-M3', contextTokens: 1_000_000, maxOutputTokens: 131_072 },
  { id: 'MiniMax-M2.7', contextTokens: 204_800, maxOutputTokens: 131_072 },
  { id: 'MiniMax-M2.7-highspeed', contextTokens: 204_800, maxOutputTokens: 131_072 },
  { id: 'MiniMax-M2.5', contextTokens: 204_800, maxOutputTokens: 131_072 },
  { id: 'MiniMax-M2.5-highspeed', contextTokens: 204_800, maxOutputTokens: 131_072 },
  { id: 'MiniMax-M2.1', contextTokens: 200_000, maxOutputTokens: 8192 },
  { id: 'MiniMax-M2.1-lightning', contextTokens: 200_000, maxOutputTokens: 8192 },
];

export function findModel(id: string): ServedModel | undefined {
  return SERVED_MODELS.find((model) => model.id === id);
}
