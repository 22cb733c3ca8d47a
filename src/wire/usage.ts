// What an answer says it used, in one shape for all three APIs: OpenAI counts cached tokens into its prompt, Anthropic
// beside it. Pure; where in an answer the usage lies is found in usage-tap.ts, what it costs is decided by the prices.
import type { ModelApi } from '../plugin-sdk/index.ts';

/** Tokens, each counted once: `input` without what was read from or written to a cache. */
export type Usage = {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** The part of `output` that was thought and not said; absent where it is not told. */
  readonly reasoning?: number;
};

/** No answer has more; a server that says so makes no sense, and must not drown what others say. */
const mostTokens = 1_000_000_000;

/** From the `usage` object of an answer, as parsed; undefined when it counts nothing that is known. */
export function readUsage(api: ModelApi, value: unknown): Usage | undefined {
  const said = objectOf(value);
  switch (api) {
    case 'anthropic-messages':
      return readAnthropic(said);
    case 'openai-completions':
      return readOpenAI(
        count(said['prompt_tokens']) ?? less(said['total_tokens'], count(said['completion_tokens'])),
        count(said['completion_tokens']),
        objectOf(said['prompt_tokens_details']),
        objectOf(said['completion_tokens_details']),
      );
    case 'openai-responses':
      return readOpenAI(
        count(said['input_tokens']),
        count(said['output_tokens']),
        objectOf(said['input_tokens_details']),
        objectOf(said['output_tokens_details']),
      );
  }
}

/** Of two reports of one stream, each of which counts from its beginning: what either of them has seen. */
export function mergeUsage(earlier: Usage | undefined, later: Usage | undefined): Usage | undefined {
  if (earlier === undefined || later === undefined) return later ?? earlier;
  return {
    input: Math.max(earlier.input, later.input),
    output: Math.max(earlier.output, later.output),
    cacheRead: Math.max(earlier.cacheRead, later.cacheRead),
    cacheWrite: Math.max(earlier.cacheWrite, later.cacheWrite),
    ...withReasoning(later.reasoning ?? earlier.reasoning),
  };
}

function readAnthropic(said: Record<string, unknown>): Usage | undefined {
  const input = count(said['input_tokens']);
  const output = count(said['output_tokens']);
  if (input === undefined && output === undefined) return undefined;
  return {
    input: input ?? 0,
    output: output ?? 0,
    cacheRead: count(said['cache_read_input_tokens']) ?? 0,
    cacheWrite: count(said['cache_creation_input_tokens']) ?? 0,
  };
}

function readOpenAI(
  prompt: number | undefined,
  output: number | undefined,
  promptDetails: Record<string, unknown>,
  outputDetails: Record<string, unknown>,
): Usage | undefined {
  if (prompt === undefined && output === undefined) return undefined;
  const cacheRead = Math.min(count(promptDetails['cached_tokens']) ?? 0, prompt ?? 0);
  return {
    input: (prompt ?? 0) - cacheRead,
    output: output ?? 0,
    cacheRead,
    cacheWrite: 0,
    ...withReasoning(count(outputDetails['reasoning_tokens'])),
  };
}

function withReasoning(reasoning: number | undefined): Pick<Usage, 'reasoning'> {
  return reasoning === undefined ? {} : { reasoning };
}

function count(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return undefined;
  return value < 0 || value > mostTokens ? undefined : value;
}

/** Servers that tell the sum and the answer only. */
function less(total: unknown, part: number | undefined): number | undefined {
  const whole = count(total);
  return whole === undefined ? undefined : Math.max(0, whole - (part ?? 0));
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
