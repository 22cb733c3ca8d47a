// What the clients ask for, in which proportion, and when an answer is whole: what was asked has to come back, through each
// API, and a stream has to end as its API says. Pure.
import { createSeededRandom } from '../torture/seeded-random.ts';

/** `leave`: the client goes away before the answer, or within it. */
export type Leave = 'waiting' | 'reading' | 'uploading';

export type Ask = {
  readonly kind: string;
  readonly path: string;
  readonly body: string;
  readonly leave?: Leave;
  /** What is wrong with the body of an answer with status 200; undefined when it is whole. */
  readonly judge: (body: string) => string | undefined;
};

const portalModel = 'minimax-portal/MiniMax-M3';
/** The simulator says it before it repeats. */
const echoed = 'echo(MiniMax-M3): ';
export const chatModel = 'echo-chat';
export const responsesModel = 'echo-responses';
const largeBytes = 100 * 1024;
const usualBytes = 600;
/** About a second. */
const slow = { user_id: 'sim:chunks=20;delayMs=40' };

type Kind = {
  readonly kind: string;
  readonly share: number;
  readonly leave?: Leave;
  readonly make: (text: string) => Omit<Ask, 'kind' | 'leave'>;
};

const kinds: readonly Kind[] = [
  { kind: 'messages', share: 34, make: (text) => messages(text) },
  { kind: 'messages, 100 KB', share: 8, make: (text) => messages(padded(text, largeBytes)) },
  { kind: 'messages, stream of 1 s', share: 14, make: (text) => messages(text, slow) },
  { kind: 'count_tokens', share: 8, make: countTokens },
  { kind: 'chat', share: 10, make: (text) => chat(text, false) },
  { kind: 'chat, stream of 1 s', share: 4, make: (text) => chat(text, true) },
  { kind: 'responses', share: 10, make: (text) => responses(text, false) },
  { kind: 'responses, stream of 1 s', share: 4, make: (text) => responses(text, true) },
  { kind: 'leaves a stream', share: 3, leave: 'reading', make: (text) => messages(text, slow) },
  { kind: 'leaves before the answer', share: 3, leave: 'waiting', make: (text) => messages(text, slow) },
  {
    kind: 'leaves its upload',
    share: 2,
    leave: 'uploading',
    make: (text) => messages(padded(text, largeBytes)),
  },
];
const allShares = kinds.reduce((sum, { share }) => sum + share, 0);

/** An endless row of requests, no two of them with the same text; the same for the same seed. */
export function createAsks(seed: number): () => Ask {
  const random = createSeededRandom(seed);
  let count = 0;
  return () => {
    let left = random.between(0, allShares);
    const chosen = kinds.find(({ share }) => (left -= share) < 0) ?? kinds[0];
    if (chosen === undefined) throw new Error('there is nothing to ask for');
    count += 1;
    const { kind, leave, make } = chosen;
    const asked = make(padded(`${seed.toString(36)}-${count} ✓`, usualBytes));
    return { kind, ...(leave === undefined ? {} : { leave }), ...asked };
  };
}

function padded(text: string, bytes: number): string {
  return `${text} ${'lorem '.repeat(Math.max(0, bytes - text.length) / 6)}`;
}

function messages(text: string, metadata?: { user_id: string }): Omit<Ask, 'kind' | 'leave'> {
  const stream = metadata !== undefined;
  const said = [{ role: 'user', content: text }];
  const body = { model: portalModel, max_tokens: 64, stream, messages: said, metadata };
  return {
    path: '/v1/messages',
    body: JSON.stringify(body),
    judge: (answer) =>
      stream
        ? judgeStream(answer, 'message_stop', (event) => member(event['delta'], 'text'), echoed + text)
        : compare(member(first(parse(answer)['content']), 'text'), echoed + text),
  };
}

function countTokens(text: string): Omit<Ask, 'kind' | 'leave'> {
  const said = [{ role: 'user', content: text }];
  return {
    path: '/v1/messages/count_tokens',
    body: JSON.stringify({ model: portalModel, messages: said }),
    // The simulator counts the system prompt, which is empty, and a line break too.
    judge: (answer) =>
      compare(String(parse(answer)['input_tokens']), String(Math.ceil((text.length + 1) / 4))),
  };
}

function chat(text: string, stream: boolean): Omit<Ask, 'kind' | 'leave'> {
  const said = [{ role: 'user', content: text }];
  return {
    path: '/v1/chat/completions',
    body: JSON.stringify({ model: chatModel, stream, messages: said }),
    judge: (answer) =>
      stream
        ? judgeStream(
            answer,
            '[DONE]',
            (event) => member(field(first(event['choices']), 'delta'), 'content'),
            text,
          )
        : compare(member(field(first(parse(answer)['choices']), 'message'), 'content'), text),
  };
}

function responses(text: string, stream: boolean): Omit<Ask, 'kind' | 'leave'> {
  return {
    path: '/v1/responses',
    body: JSON.stringify({ model: responsesModel, stream, input: text }),
    judge: (answer) =>
      stream
        ? judgeStream(answer, 'response.completed', (event) => member(event, 'delta'), text)
        : compare(member(first(field(first(parse(answer)['output']), 'content')), 'text'), text),
  };
}

/** `last`: the type of the event, or the data, that a whole stream ends with. */
export function judgeStream(
  body: string,
  last: string,
  textOf: (event: Record<string, unknown>) => string,
  wanted: string,
): string | undefined {
  if (!body.endsWith('\n\n')) return `the stream ends within an event: …${body.slice(-80)}`;
  const data = body
    .split('\n\n')
    .flatMap((event) => event.split('\n').filter((line) => line.startsWith('data: ')))
    .map((line) => line.slice('data: '.length));
  const end = data.at(-1) ?? '';
  const isEnded = end === last || (end !== '[DONE]' && parse(end)['type'] === last);
  if (!isEnded) return `the stream ends with ${end.slice(0, 200)}`;
  const said = data.filter((text) => text !== '[DONE]').map((text) => textOf(parse(text)));
  return compare(said.join(''), wanted);
}

function compare(said: string, wanted: string): string | undefined {
  if (said === wanted) return undefined;
  let same = 0;
  while (said[same] !== undefined && said[same] === wanted[same]) same += 1;
  return `${said.length} characters came back for ${wanted.length}, and the first ${same} are the same`;
}

/** An answer that is no JSON is told by what it lacks. */
function parse(text: string): Record<string, unknown> {
  try {
    return asRecord(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function field(value: unknown, name: string): unknown {
  return asRecord(value)[name];
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function member(value: unknown, name: string): string {
  const text = field(value, name);
  return typeof text === 'string' ? text : '';
}
