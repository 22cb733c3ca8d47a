// OpenAI's Responses API, as far as the gateway speaks it itself.
import { openaiBase, openaiErrorOf } from './openai.ts';
import type { Protocol } from './protocol.ts';

const numberKey = Buffer.from('"sequence_number"');
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const space = 0x20;

/** Digits that reach the end of the bytes may go on in the next ones: the number before stands. */
function lastNumber(bytes: Buffer, before: number): number {
  const key = bytes.lastIndexOf(numberKey);
  if (key === -1) return before;
  let at = key + numberKey.length;
  while (bytes[at] === colon || bytes[at] === space) at += 1;
  const start = at;
  let value = 0;
  for (let byte = bytes[at]; byte !== undefined && byte >= zero && byte <= nine; byte = bytes[at]) {
    value = value * 10 + (byte - zero);
    at += 1;
  }
  return at === start || at === bytes.length || !Number.isSafeInteger(value) ? before : value;
}

export const openaiResponses: Protocol = {
  ...openaiBase,
  api: 'openai-responses',
  stream: { holdsCutEvents: true, lastNumber },
  errorEvent(fault, _requestId, eventNumber) {
    const { message, type, param, code } = openaiErrorOf(fault);
    const data = { type: 'error', code: code ?? type, message, param, sequence_number: eventNumber + 1 };
    return `event: error\ndata: ${JSON.stringify(data)}\n\n`;
  },
};
