// The keyboard in raw mode, and the promise to leave the terminal as it was: when reading stops, when the process ends,
// while it is suspended. Ctrl-C and Ctrl-Z do what they do in any program; what the other keys do is the listener's.
import { StringDecoder } from 'node:string_decoder';
import { createKeyParser, type KeyInput } from './key-parser.ts';

export type KeyEvent =
  | Extract<KeyInput, { kind: 'key' | 'paste' }>
  /** The process is about to be suspended: what is repainted is taken away. */
  | { readonly kind: 'suspend' }
  /** It goes on, on a screen that shows something else. */
  | { readonly kind: 'resume' };

export type KeyReaderDeps = {
  stdin: Pick<NodeJS.ReadStream, 'on' | 'off' | 'pause' | 'resume' | 'setRawMode'>;
  write: (text: string) => void;
  /** Where `exit` and `SIGCONT` are heard. */
  process: Pick<NodeJS.Process, 'on' | 'off'>;
  /** Sends a signal to the foreground job, as the terminal would have done. */
  raise: (signal: 'SIGINT' | 'SIGTSTP') => void;
};

const pasteOn = '\u001b[?2004h';
const pasteOff = '\u001b[?2004l';

/** Returns the function that stops it, which may be called again. */
export function readKeysFrom(deps: KeyReaderDeps, listener: (event: KeyEvent) => void): () => void {
  const { stdin } = deps;
  const parse = createKeyParser();
  const decoder = new StringDecoder('utf8');
  let isRaw = false;
  let isSuspended = false;
  let stopped = false;

  const enter = (): void => {
    isRaw = true;
    stdin.setRawMode(true);
    deps.write(pasteOn);
  };
  const leave = (): void => {
    if (!isRaw) return;
    isRaw = false;
    deps.write(pasteOff);
    stdin.setRawMode(false);
  };
  const onData = (chunk: Buffer | string): void => {
    for (const input of parse(typeof chunk === 'string' ? chunk : decoder.write(chunk))) {
      if (stopped) return;
      if (input.kind === 'interrupt') deps.raise('SIGINT');
      else if (input.kind === 'suspend') {
        listener({ kind: 'suspend' });
        leave();
        isSuspended = true;
        deps.raise('SIGTSTP');
        // Where no shell could bring it back (a container's first process) it was not stopped, and nobody tells.
        setImmediate(() => setImmediate(() => (isSuspended && !stopped ? onContinue() : undefined)));
      } else listener(input);
    }
  };
  const onContinue = (): void => {
    isSuspended = false;
    // The shell has put its own mode back, also where somebody else stopped the process.
    leave();
    enter();
    listener({ kind: 'resume' });
  };

  deps.process.on('exit', leave);
  deps.process.on('SIGCONT', onContinue);
  stdin.on('data', onData);
  enter();
  stdin.resume();
  return () => {
    if (stopped) return;
    stopped = true;
    stdin.off('data', onData);
    stdin.pause();
    leave();
    deps.process.off('exit', leave);
    deps.process.off('SIGCONT', onContinue);
  };
}

/** To the whole foreground job, as from the keyboard; Windows has no such signals to send. */
export function raiseSignal(
  signal: 'SIGINT' | 'SIGTSTP',
  platform: NodeJS.Platform = process.platform,
): void {
  if (platform !== 'win32') process.kill(0, signal);
  else if (signal === 'SIGINT') process.emit(signal);
}
