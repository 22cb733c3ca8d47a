// The Anthropic Messages protocol of the API host: messages (whole or streamed), token counts, the model list.
// Decides request checks and the shape of answers; who may call and which models answer is decided beside it.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { refuseCaller } from './bearer-check.ts';
import { countTokens, echoText, pacingOf, splitText } from './echo.ts';
import { headerOf, jsonReply, mediaTypeOf, methodNotAllowed } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import { refuseModel } from './model-gate.ts';
import { SERVED_MODELS } from './models.ts';
import type { Portal } from './portal-state.ts';

const block = z.looseObject({ type: z.string(), text: z.string().nullish() });
const content = z.union([z.string(), z.array(block)]);
const promptSchema = z.looseObject({
  model: z.string().min(1),
  system: content.optional(),
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content })).min(1),
});
const messagesSchema = promptSchema.extend({
  max_tokens: z.number().int().min(1),
  stream: z.boolean().optional(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).optional(),
  thinking: z.looseObject({ type: z.string() }).optional(),
});
type Prompt = z.output<typeof promptSchema>;

export function anthropicError(status: number, type: string, message: string): Reply {
  return jsonReply(status, { type: 'error', error: { type, message } });
}

/** The parsed body of a POST, or why it cannot be used: the same words for both protocols. */
export function parseJsonBody<Output>(
  portal: Portal,
  inbound: Inbound,
  schema: z.ZodType<Output>,
): { readonly ok: true; readonly body: Output } | { readonly ok: false; readonly message: string } {
  if (mediaTypeOf(inbound) !== 'application/json') {
    portal.journal.violate('wrong_content_type', `${inbound.path} got ${mediaTypeOf(inbound) || 'none'}`);
    return { ok: false, message: 'the content type must be application/json (2013)' };
  }
  let value: unknown;
  try {
    value = JSON.parse(inbound.body);
  } catch {
    return { ok: false, message: 'the body is not JSON (2013)' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, body: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, message: `invalid params, ${issue?.path.join('.')}: ${issue?.message} (2013)` };
}

function plainText(value: z.output<typeof content>): string {
  return typeof value === 'string' ? value : value.map((part) => part.text ?? '').join('');
}

function promptTokens(prompt: Prompt): number {
  const texts = prompt.messages.map((message) => plainText(message.content));
  return countTokens([plainText(prompt.system ?? ''), ...texts].join('\n'));
}

function lastUserText(prompt: Prompt): string {
  const last = prompt.messages.findLast((message) => message.role === 'user');
  return last === undefined ? '' : plainText(last.content);
}

function sse(data: { type: string; [member: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function answerMessages(portal: Portal, inbound: Inbound): Reply {
  const { journal } = portal;
  if (inbound.method !== 'POST') return methodNotAllowed('POST');
  const refused = refuseCaller(portal, inbound, 'anthropic');
  if (refused !== undefined) {
    journal.count('messages401');
    return refused;
  }
  if (headerOf(inbound, 'anthropic-version') === undefined) {
    journal.violate('missing_version', `${inbound.path} came without anthropic-version`);
    return anthropicError(400, 'invalid_request_error', 'anthropic-version: header is required (2013)');
  }
  const parsed = parseJsonBody(portal, inbound, messagesSchema);
  if (!parsed.ok) return anthropicError(400, 'invalid_request_error', parsed.message);
  const request = parsed.body;
  const settings = portal.settings();
  if (settings.innerSystemRole === 'refuse' && request.messages.some(({ role }) => role === 'system')) {
    const message = 'invalid params, chat content has invalid message role: system (2013)';
    return anthropicError(400, 'invalid_request_error', message);
  }
  const inputTokens = promptTokens(request);
  const barred = refuseModel(settings, request.model, inputTokens);
  if (barred !== undefined) return anthropicError(barred.status, barred.type, barred.message);
  journal.count('messages');

  // M3 says nothing when its thinking is switched off.
  const isMute = request.model === 'MiniMax-M3' && request.thinking?.type === 'disabled';
  const text = isMute ? '' : echoText(request.model, lastUserText(request));
  const message = {
    id: `msg_${randomUUID().replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [] as unknown[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: {
      input_tokens: inputTokens,
      output_tokens: 0,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    },
  };
  const usage = { ...message.usage, output_tokens: text === '' ? 0 : countTokens(text) };
  if (request.stream !== true) {
    const said = text === '' ? [] : [{ type: 'text', text }];
    return jsonReply(200, { ...message, content: said, stop_reason: 'end_turn', usage });
  }

  const pacing = pacingOf(request.metadata?.user_id ?? undefined, settings);
  const deltas = splitText(text, pacing.chunkCount).map((piece) =>
    sse({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }),
  );
  const opening = sse({
    type: 'content_block_start',
    index: 0,
    content_block: { type: 'text', text: '' },
  });
  const spoken =
    deltas.length === 0
      ? [sse({ type: 'ping' })]
      : [opening, sse({ type: 'ping' }), ...deltas, sse({ type: 'content_block_stop', index: 0 })];
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    body: {
      chunks: [
        sse({ type: 'message_start', message }),
        ...spoken,
        sse({
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage,
        }),
        sse({ type: 'message_stop' }),
      ],
      delayMs: pacing.chunkDelayMs,
      onAbort: () => journal.count('streamsAborted'),
    },
    delayMs: 0,
  };
}

export function answerCountTokens(portal: Portal, inbound: Inbound): Reply {
  if (inbound.method !== 'POST') return methodNotAllowed('POST');
  const refused = refuseCaller(portal, inbound, 'anthropic');
  if (refused !== undefined) return refused;
  const parsed = parseJsonBody(portal, inbound, promptSchema);
  if (!parsed.ok) return anthropicError(400, 'invalid_request_error', parsed.message);
  const barred = refuseModel({ ...portal.settings(), planUsedPercent: 0 }, parsed.body.model, 0);
  if (barred !== undefined) return anthropicError(barred.status, barred.type, barred.message);
  return jsonReply(200, { input_tokens: promptTokens(parsed.body) });
}

export function answerModelList(portal: Portal, inbound: Inbound): Reply {
  if (inbound.method !== 'GET') return methodNotAllowed('GET');
  const refused = refuseCaller(portal, inbound, 'anthropic');
  if (refused !== undefined) return refused;
  const data = SERVED_MODELS.map((model) => ({
    type: 'model',
    id: model.id,
    display_name: model.id.replaceAll('-', ' '),
    created_at: '2026-01-01T00:00:00Z',
  }));
  return jsonReply(200, { data, has_more: false, first_id: data[0]?.id, last_id: data.at(-1)?.id });
}
