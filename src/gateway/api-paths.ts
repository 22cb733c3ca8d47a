// Which API a path belongs to: the routes for models, and in whose words all else is answered.
import type { IncomingHttpHeaders } from 'node:http';
import type { ModelApi } from '../plugin-sdk/index.ts';
import { anthropicMessages } from '../wire/anthropic.ts';
import { openaiCompletions } from '../wire/openai-completions.ts';
import { openaiResponses } from '../wire/openai-responses.ts';
import type { Protocol } from '../wire/protocol.ts';

/** Where models are asked. */
const protocols: ReadonlyMap<string, Protocol> = new Map([
  ['/v1/messages', anthropicMessages],
  ['/v1/messages/count_tokens', anthropicMessages],
  ['/v1/chat/completions', openaiCompletions],
  ['/v1/responses', openaiResponses],
]);

export const apiPaths: readonly string[] = [...protocols.keys()];

/** The one that a client of the API asks for an answer. */
export const pathOfApi: Readonly<Record<ModelApi, string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-completions': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
};

/** The API that is asked for an answer at this path and query; undefined at any other. */
export function apiAt(target: string): Protocol | undefined {
  const query = target.indexOf('?');
  return protocols.get(query === -1 ? target : target.slice(0, query));
}

/** In which words to answer when it is not a model that answers: those of the path, else those of the client. */
export function protocolFor(target: string, headers: IncomingHttpHeaders): Protocol {
  return apiAt(target) ?? familyOf(target) ?? clientProtocol(headers);
}

/** For paths that are not there, beside one that is. */
function familyOf(target: string): Protocol | undefined {
  if (/^\/v1\/messages\b/.test(target)) return anthropicMessages;
  if (/^\/v1\/responses\b/.test(target)) return openaiResponses;
  return /^\/v1\/(?:chat|completions|embeddings)\b/.test(target) ? openaiCompletions : undefined;
}

/**
 * Anthropic's clients send `anthropic-version`, or their key as `x-api-key`; OpenAI's send a Bearer token and neither.
 * Who sends nothing at all gets Anthropic's.
 */
function clientProtocol(headers: IncomingHttpHeaders): Protocol {
  const isAnthropic = headers['anthropic-version'] !== undefined || headers['x-api-key'] !== undefined;
  return isAnthropic || headers.authorization === undefined ? anthropicMessages : openaiCompletions;
}
