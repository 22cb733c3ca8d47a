// Decides what an upstream's answer means for the login and the model behind it. Pure.
// What is then done about it (refresh, cool down, fail over) belongs to the exchange and to the resolver.

export type AnswerClass =
  | 'ok'
  | 'auth'
  | 'forbidden'
  | 'rate_limit'
  | 'quota'
  | 'billing'
  | 'overloaded'
  | 'model_unavailable'
  | 'format'
  | 'context_overflow'
  | 'timeout'
  | 'server_error';

export type UpstreamAnswer = {
  status: number;
  /** The `Retry-After` header as sent. */
  retryAfter?: string | undefined;
  /** The body's text, or its beginning; empty for an answer that was not held back. */
  body: string;
};

export type Classification = {
  kind: AnswerClass;
  /** The vendor's own code, when the body has one. */
  code?: number;
  /** Text of the server, not yet cleaned; empty when the body has none. */
  message: string;
  retryAfterMs?: number;
};

/** Codes of the body; they say more than the status, which is 200 or 500 for some of them. */
const classOfCode: ReadonlyMap<number, AnswerClass> = new Map<number, AnswerClass>([
  [1000, 'server_error'],
  [1001, 'server_error'],
  [1002, 'rate_limit'],
  [1004, 'auth'],
  [1008, 'billing'],
  [1024, 'server_error'],
  // What was asked, or what would have been answered, is not allowed to be said.
  [1026, 'format'],
  [1027, 'format'],
  [1028, 'quota'],
  [1030, 'quota'],
  [1033, 'server_error'],
  // Tokens each minute, connections at once.
  [1039, 'rate_limit'],
  [1041, 'rate_limit'],
  // Too many characters that cannot be seen.
  [1042, 'format'],
  [2013, 'format'],
  // Requests that become more too quickly.
  [2045, 'rate_limit'],
  [2049, 'auth'],
  [2056, 'quota'],
  [2061, 'model_unavailable'],
]);

/** OpenAI's codes are words. */
const classOfWord: ReadonlyMap<string, AnswerClass> = new Map<string, AnswerClass>([
  ['invalid_api_key', 'auth'],
  ['insufficient_quota', 'billing'],
  ['rate_limit_exceeded', 'rate_limit'],
  ['model_not_found', 'model_unavailable'],
  ['context_length_exceeded', 'context_overflow'],
  ['server_error', 'server_error'],
]);

const tooLong =
  /context (?:window|length)|context_length|prompt is too long|too many tokens|maximum context/i;
/** Behind any other status the same words speak of a limit (`too many tokens` each minute) or of the server's own trouble. */
const tooLongStatuses: ReadonlySet<number> = new Set([200, 400, 413, 422]);

const classOfText: readonly (readonly [RegExp, AnswerClass])[] = [
  [/login fail|cookie is missing|invalid api key/i, 'auth'],
  [/usage limit exceeded/i, 'quota'],
  // Anthropic says it with HTTP 400, as if the request were at fault.
  [/insufficient balance|credit balance is too low/i, 'billing'],
  [/high traffic detected/i, 'overloaded'],
  // LM Studio's answer, with HTTP 200, where its version does not serve an API yet.
  [/unexpected endpoint/i, 'format'],
];

/** The name of an error says whether the login was refused, or the login's right to do just this. */
const classOfType: ReadonlyMap<string, AnswerClass> = new Map<string, AnswerClass>([
  ['authentication_error', 'auth'],
  ['authorized_error', 'auth'],
]);

/** Where the status is 200, the name is all that there is. */
const classOfNamedType: ReadonlyMap<string, AnswerClass> = new Map<string, AnswerClass>([
  ['rate_limit_error', 'rate_limit'],
  ['overloaded_error', 'overloaded'],
  ['billing_error', 'billing'],
  ['permission_error', 'forbidden'],
  ['not_found_error', 'model_unavailable'],
  ['invalid_request_error', 'format'],
  ['request_too_large', 'format'],
  ['timeout_error', 'timeout'],
  ['api_error', 'server_error'],
  ['server_error', 'server_error'],
]);

/** HTTP 403 is also for a plan without the model, a region, a filter on the way: no refresh helps against these. */
const refusedToken =
  /\b(?:token|api[ _-]?key|credentials?|login|session)\b.{0,40}\b(?:expired|invalid|revoked|not valid)\b|\b(?:expired|invalid|revoked)\b.{0,40}\b(?:token|api[ _-]?key|credentials?|login|session)\b|\bauthentication (?:failed|required)\b|\bnot (?:authenticated|logged in)\b/i;

const classOfStatus: ReadonlyMap<number, AnswerClass> = new Map<number, AnswerClass>([
  [401, 'auth'],
  [402, 'billing'],
  [403, 'forbidden'],
  // A proxy on the upstream's side wants a login of its own.
  [407, 'server_error'],
  [408, 'timeout'],
  // Too early: it may pass.
  [425, 'timeout'],
  [429, 'rate_limit'],
  [499, 'timeout'],
  [504, 'timeout'],
  [522, 'timeout'],
  [524, 'timeout'],
  [529, 'overloaded'],
]);

export function classify(answer: UpstreamAnswer, nowMs: number): Classification {
  const { code, word, type, message } = readErrorBody(answer.body);
  const kind = classOfWord.get(word ?? '') ?? classOf(answer.status, code, type, message);
  const classification: Classification = { kind, message };
  if (code !== undefined) classification.code = code;
  const retryAfterMs = parseRetryAfter(answer.retryAfter, nowMs);
  if (retryAfterMs !== undefined && kind !== 'ok') classification.retryAfterMs = retryAfterMs;
  return classification;
}

function classOf(
  status: number,
  code: number | undefined,
  type: string | undefined,
  message: string,
): AnswerClass {
  // A long prompt is refused with the code of any bad parameter: the text is the more exact one.
  if (isTooLong(status, code, type, message)) return 'context_overflow';
  const codeClass = code === undefined ? undefined : classOfCode.get(code);
  if (codeClass !== undefined) return codeClass;
  const typeClass = type === undefined ? undefined : classOfType.get(type);
  if (typeClass !== undefined) return typeClass;
  const textClass = classOfText.find(([pattern]) => pattern.test(message))?.[1];
  if (status < 300) {
    if (code === undefined || code === 0) {
      return textClass ?? (type === undefined ? 'ok' : (classOfNamedType.get(type) ?? 'ok'));
    }
    // Some servers put into the body the status that the answer should have had.
    return isErrorStatus(code) ? classOf(code, undefined, type, message) : 'server_error';
  }
  if (textClass !== undefined) return textClass;
  if (status === 403 && refusedToken.test(message)) return 'auth';
  const statusClass = classOfStatus.get(status);
  if (statusClass !== undefined) return statusClass;
  // A path that the upstream does not serve must not count against the model.
  if (status === 404 && /model/i.test(message)) return 'model_unavailable';
  return status >= 400 && status < 500 ? 'format' : 'server_error';
}

const ofLimits: ReadonlySet<AnswerClass> = new Set(['rate_limit', 'quota', 'billing', 'overloaded']);

/** Not where a code or a name speaks of a limit: the text of those counts tokens, too. */
function isTooLong(
  status: number,
  code: number | undefined,
  type: string | undefined,
  message: string,
): boolean {
  if (!tooLongStatuses.has(status) || !tooLong.test(message)) return false;
  if (code !== undefined && isErrorStatus(code) && !tooLongStatuses.has(code)) return false;
  const named = classOfCode.get(code ?? 0) ?? classOfNamedType.get(type ?? '');
  return named === undefined || !ofLimits.has(named);
}

function isErrorStatus(code: number): boolean {
  return code >= 400 && code < 600;
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3), as milliseconds from now. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value.trim()) * 1000;
  const atMs = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

function readErrorBody(text: string): {
  code: number | undefined;
  word?: string | undefined;
  type: string | undefined;
  message: string;
} {
  const body = parseObject(text);
  if (body === undefined) return { code: undefined, type: undefined, message: '' };
  const baseResp = objectAt(body, 'base_resp');
  // A stream of the Responses API has it in an event of its own, or in the response that has failed.
  const error =
    objectAt(body, 'error') ??
    objectAt(objectAt(body, 'response') ?? {}, 'error') ??
    (body['type'] === 'error' ? { ...body, type: undefined } : undefined);
  const message =
    stringAt(body, 'error') ??
    stringAt(error, 'message') ??
    stringAt(baseResp, 'status_msg') ??
    stringAt(body, 'message') ??
    '';
  // A model's own words can hold such a number too: only a body that calls itself an error has its code in the text.
  const isError =
    error !== undefined ||
    typeof body['error'] === 'string' ||
    baseResp !== undefined ||
    body['type'] === 'error';
  const inText = isError ? /\((\d{4})\)/.exec(message)?.[1] : undefined;
  const code =
    numberAt(baseResp, 'status_code') ||
    numberAt(error, 'code') ||
    (inText === undefined ? undefined : Number(inText));
  return {
    code: code ?? numberAt(baseResp, 'status_code'),
    word: stringAt(error, 'code'),
    type: stringAt(error, 'type'),
    message: isError ? message : '',
  };
}

type JsonObject = Record<string, unknown>;

function parseObject(text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    // A gateway's HTML page or a cut body: the status alone decides.
    return undefined;
  }
}

function objectAt(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key];
  return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
}

function stringAt(object: JsonObject | undefined, key: string): string | undefined {
  const value = object?.[key];
  return typeof value === 'string' ? value : undefined;
}

/** Codes come as numbers and as digits in a string. */
function numberAt(object: JsonObject | undefined, key: string): number | undefined {
  const value = object?.[key];
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}
