// OpenAI's Chat Completions API, as far as the gateway speaks it itself.
import { openaiBase } from './openai.ts';
import type { Protocol } from './protocol.ts';

export const openaiCompletions: Protocol = {
  ...openaiBase,
  api: 'openai-completions',
  // Its events have no names: half of one would be joined with the error.
  stream: { holdsCutEvents: true },
  /** No `[DONE]` follows: that would say that the answer is whole. */
  errorEvent: (fault) => `data: ${openaiBase.errorBody(fault)}\n\n`,
};
