// A field for a secret: what is typed and pasted into it is hidden. Some terminals paste a line break as LF, which would empty the field in
// silence: it is Enter. A break with more text behind it came of a paste of several lines: it is kept as a sign, so that
// whoever takes the answer sees that there was more than one line.
import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Stands for a line break within a paste; no field that asks for a single line can mean it. */
const breakSign = '\u2424';

type Keyboard = Pick<NodeJS.ReadStream, 'on' | 'off' | 'pause' | 'resume' | 'setRawMode' | 'isTTY'>;

/** A paste of several lines comes back with its line breaks. A symbol when the person cancels. */
export async function askHidden(
  clack: typeof import('@clack/prompts'),
  question: { message: string; output: NodeJS.WriteStream; signal: AbortSignal },
): Promise<string | symbol> {
  const { input, close } = createLineInput(process.stdin);
  try {
    const answer = await clack.password({ ...question, input });
    return typeof answer === 'string' ? withLineBreaks(answer) : answer;
  } finally {
    close();
  }
}

/** A stream to read keys from in the place of `stdin`, until `close`. */
export function createLineInput(stdin: Keyboard): { input: PassThrough; close: () => void } {
  const decoder = new StringDecoder('utf8');
  const input = Object.assign(new PassThrough(), {
    isTTY: stdin.isTTY,
    setRawMode: (mode: boolean) => stdin.setRawMode(mode),
  });
  const onData = (chunk: Buffer | string): void => {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
    if (text !== '') input.write(asKeys(text));
  };
  const onEnd = (): void => void input.end();
  stdin.on('data', onData);
  stdin.on('end', onEnd);
  // Whoever reads lets go of it at Ctrl-D: a keyboard that nobody reads keeps no process alive.
  input.on('pause', () => stdin.pause());
  stdin.resume();
  return {
    input,
    close() {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.pause();
      input.destroy();
    },
  };
}

/** One read of the keyboard as keys: at most one Enter, at its end. */
export function asKeys(text: string): string {
  const lines = text.replaceAll(/\r\n?/g, '\n');
  const inner = lines.trimEnd();
  const enter = lines.slice(inner.length).includes('\n') ? '\r' : '';
  if (inner === '') return enter === '' ? lines : enter;
  return inner.replaceAll('\n', breakSign) + (enter === '' ? lines.slice(inner.length) : enter);
}

/** The answer with its line breaks. */
export function withLineBreaks(answer: string): string {
  return answer.replaceAll(breakSign, '\n');
}
