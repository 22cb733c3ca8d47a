// OpenAI's Responses API on the API host: one message as an answer, whole or as its events. Nothing is stored, so a
// request brings its whole conversation. Decides request checks and the shape of answers; who may call and which models
// answer is decided beside it.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { parseJsonBody } from './anthropic-door.ts';
import { refuseCaller } from './bearer-check.ts';
import { countTokens, echoText, pacingOf, splitText } from './echo.ts';
import { jsonReply, methodNotAllowed } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import { refuseModel } from './model-gate.ts';
import { openaiError } from './openai-door.ts';
import type { Portal } from './portal-state.ts';

const part = z.looseObject({ type: z.string(), text: z.string().nullish() });
const content = z.union([z.string(), z.array(part)]);
/** Messages may leave their type out; calls of tools, their results and reasoning have neither role nor content. */
const item = z.looseObject({
  type: z.string().optional(),
  role: z.string().optional(),
  content: content.nullish(),
  output: content.nullish(),
});
const requestSchema = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(item).min(1)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: z.number().int().min(16).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  tools: z.array(z.looseObject({ type: z.string() })).nullish(),
  tool_choice: z.json().optional(),
  parallel_tool_calls: z.boolean().nullish(),
  store: z.boolean().nullish(),
  user: z.string().nullish(),
});
type Request = z.output<typeof requestSchema>;

function plainText(value: z.output<typeof content> | null | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : value.map((piece) => piece.text ?? '').join('');
}

function promptText({ input, instructions }: Request): string {
  const said =
    typeof input === 'string'
      ? [input]
      : input.map((each) => plainText(each.content) + plainText(each.output));
  return [instructions ?? '', ...said].join('\n');
}

function lastUserText({ input }: Request): string {
  if (typeof input === 'string') return input;
  return plainText(input.findLast((each) => each.role === 'user')?.content);
}

function idOf(kind: 'resp' | 'msg'): string {
  return `${kind}_${randomUUID().replaceAll('-', '')}`;
}

export function answerResponses(portal: Portal, inbound: Inbound): Reply {
  const { journal } = portal;
  if (inbound.method !== 'POST') return methodNotAllowed('POST');
  const refused = refuseCaller(portal, inbound, 'openai');
  if (refused !== undefined) {
    journal.count('messages401');
    return refused;
  }
  const parsed = parseJsonBody(portal, inbound, requestSchema);
  if (!parsed.ok) return openaiError(400, 'invalid_request_error', parsed.message);
  const request = parsed.body;
  const settings = portal.settings();
  const inputTokens = countTokens(promptText(request));
  const barred = refuseModel(settings, request.model, inputTokens);
  if (barred !== undefined) return openaiError(barred.status, barred.type, barred.message);
  journal.count('messages');

  const text = echoText(request.model, lastUserText(request));
  const outputTokens = countTokens(text);
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
  const nowS = Math.floor(portal.serverNowMs() / 1000);
  const begun = { ...head(request, nowS), status: 'in_progress', output: [] as unknown[], usage: null };
  const messageId = idOf('msg');
  const textPart = (said: string) => ({ type: 'output_text', text: said, annotations: [], logprobs: [] });
  const message = (status: 'in_progress' | 'completed', parts: unknown[]) => ({
    id: messageId,
    type: 'message',
    status,
    role: 'assistant',
    content: parts,
  });
  const whole = message('completed', [textPart(text)]);
  const done = { ...begun, status: 'completed', completed_at: nowS, output: [whole], usage };
  if (request.stream !== true) return jsonReply(200, done);

  const pacing = pacingOf(request.user ?? undefined, settings);
  const pieces = splitText(text, pacing.chunkCount);
  const spot = { item_id: messageId, output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    { type: 'response.output_item.added', output_index: 0, item: message('in_progress', []) },
    { type: 'response.content_part.added', ...spot, part: textPart('') },
    ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...spot, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...spot, text, logprobs: [] },
    { type: 'response.content_part.done', ...spot, part: textPart(text) },
    { type: 'response.output_item.done', output_index: 0, item: whole },
    { type: 'response.completed', response: done },
  ];
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    body: {
      // No `[DONE]` here: the end is `response.completed`, or its like.
      chunks: events.map(
        ({ type, ...members }, sequence_number) =>
          `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...members })}\n\n`,
      ),
      delayMs: pacing.chunkDelayMs,
      onAbort: () => journal.count('streamsAborted'),
    },
    delayMs: 0,
  };
}

/** What a response repeats of its request, and what stays as it is. */
function head(request: Request, createdAtS: number): Record<string, unknown> {
  return {
    id: idOf('resp'),
    object: 'response',
    created_at: createdAtS,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    metadata: request.metadata ?? {},
    model: request.model,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    store: request.store ?? true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
  };
}
