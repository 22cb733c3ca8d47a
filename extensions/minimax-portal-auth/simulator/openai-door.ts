// The OpenAI protocol of the API host: chat completions, whole or streamed, and the model list. The token is taken
// from Authorization alone. Decides request checks and the shape of answers.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { parseJsonBody } from './anthropic-door.ts';
import { refuseCaller } from './bearer-check.ts';
import { countTokens, echoText, pacingOf, splitText } from './echo.ts';
import { jsonReply, methodNotAllowed } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import { refuseModel } from './model-gate.ts';
import { SERVED_MODELS } from './models.ts';
import type { Portal } from './portal-state.ts';

const part = z.looseObject({ type: z.string(), text: z.string().nullish() });
const completionSchema = z.looseObject({
  model: z.string().min(1),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
        content: z.union([z.string(), z.array(part)]).nullish(),
      }),
    )
    .min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  user: z.string().nullish(),
});
type Message = z.output<typeof completionSchema>['messages'][number];

function plainText(message: Message | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map((piece) => piece.text ?? '').join('');
}

export function openaiError(status: number, type: string, message: string): Reply {
  return jsonReply(status, { error: { message, type, param: null, code: null } });
}

export function answerChatCompletions(portal: Portal, inbound: Inbound): Reply {
  const { journal } = portal;
  if (inbound.method !== 'POST') return methodNotAllowed('POST');
  const refused = refuseCaller(portal, inbound, 'openai');
  if (refused !== undefined) {
    journal.count('messages401');
    return refused;
  }
  const parsed = parseJsonBody(portal, inbound, completionSchema);
  if (!parsed.ok) return openaiError(400, 'invalid_request_error', parsed.message);
  const request = parsed.body;
  const settings = portal.settings();
  const promptTokens = countTokens(request.messages.map(plainText).join('\n'));
  const barred = refuseModel(settings, request.model, promptTokens);
  if (barred !== undefined) return openaiError(barred.status, barred.type, barred.message);
  journal.count('messages');

  const text = echoText(
    request.model,
    plainText(request.messages.findLast((message) => message.role === 'user')),
  );
  const completionTokens = countTokens(text);
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(portal.serverNowMs() / 1000),
    model: request.model,
  };
  if (request.stream !== true) {
    const message = { role: 'assistant', content: text };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    return jsonReply(200, { ...head, object: 'chat.completion', choices, usage });
  }

  const pacing = pacingOf(request.user ?? undefined, settings);
  const chunk = (members: Record<string, unknown>): string =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...members })}\n\n`;
  const delta = (change: Record<string, unknown>, finish_reason: string | null = null): string =>
    chunk({ choices: [{ index: 0, delta: change, finish_reason }] });
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    body: {
      chunks: [
        delta({ role: 'assistant', content: '' }),
        ...splitText(text, pacing.chunkCount).map((content) => delta({ content })),
        delta({}, 'stop'),
        ...(request.stream_options?.include_usage === true ? [chunk({ choices: [], usage })] : []),
        'data: [DONE]\n\n',
      ],
      delayMs: pacing.chunkDelayMs,
      onAbort: () => journal.count('streamsAborted'),
    },
    delayMs: 0,
  };
}

export function answerOpenaiModels(portal: Portal, inbound: Inbound): Reply {
  if (inbound.method !== 'GET') return methodNotAllowed('GET');
  const refused = refuseCaller(portal, inbound, 'openai');
  if (refused !== undefined) return refused;
  const data = SERVED_MODELS.map(({ id }) => ({
    id,
    object: 'model',
    created: 1_767_225_600,
    owned_by: 'minimax',
  }));
  return jsonReply(200, { object: 'list', data });
}
