// The Log port as JSON, one object a line, or a readable line when a person is looking.
// Lines are gathered for a moment and leave in one write, for a gateway writes one a request. A flat object needs no more
// than JSON.stringify; pino's line took a tenth of a small request's time.
import { writeSync } from 'node:fs';
import { plainFields, type Log, type LogFields } from './log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type JsonLogOptions = {
  level?: LogLevel;
  /** A file descriptor (2 is stderr), or anything that takes one or more whole lines. */
  destination: number | { write(lines: string): void };
  /** Lines for a person instead of JSON. */
  pretty?: boolean;
};

export type JsonLog = Log & {
  /** Writes what has been gathered: to be called before the process ends. */
  flush(): void;
};

/** A process that is killed loses what it said in so much time. */
const gatherMs = 50;
const gatherChars = 64 * 1024;

/** Warnings and errors are written before the call returns, and with them all that came before. */
export function createJsonLog(options: JsonLogOptions): JsonLog {
  const { destination } = options;
  const least = levels.indexOf(options.level ?? 'info');
  const nowText = createNowText();
  let gathered = '';

  const write = (lines: string): void => {
    if (typeof destination === 'number') writeFully(destination, lines);
    else destination.write(lines);
  };
  const flush = (): void => {
    if (gathered === '') return;
    const lines = gathered;
    gathered = '';
    write(lines);
  };
  const gather = (line: string): void => {
    if (gathered === '') setTimeout(flush, gatherMs).unref();
    gathered += options.pretty ? readable(line) : line;
    if (gathered.length >= gatherChars) flush();
  };
  const add = (level: LogLevel, event: string, fields: LogFields | undefined): void => {
    if (levels.indexOf(level) < least) return;
    const members = JSON.stringify(plainFields(fields)).slice(1, -1);
    const separator = members === '' ? '' : ',';
    gather(
      `{"level":"${level}","time":"${nowText()}"${separator}${members},"event":${JSON.stringify(event)}}\n`,
    );
  };

  return {
    debug: (event, fields) => add('debug', event, fields),
    info: (event, fields) => add('info', event, fields),
    warn(event, fields) {
      add('warn', event, fields);
      flush();
    },
    error(event, fields) {
      add('error', event, fields);
      flush();
    },
    flush,
  };
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Many lines of a busy gateway are of the same millisecond. */
function createNowText(): () => string {
  let atMs = 0;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== atMs) {
      atMs = nowMs;
      text = new Date(nowMs).toISOString();
    }
    return text;
  };
}

/** A pipe can be full: then the rest waits for its reader rather than being lost. */
function writeFully(fd: number, text: string): void {
  let rest: Buffer | undefined;
  for (;;) {
    try {
      // As text it needs no buffer of its own, which is all that there is to do where the file takes it whole.
      const written = rest === undefined ? writeSync(fd, text) : writeSync(fd, rest);
      if (rest === undefined && written === Buffer.byteLength(text)) return;
      rest = (rest ?? Buffer.from(text)).subarray(written);
      if (rest.length === 0) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') continue;
      // The reader is gone: there is nobody left to tell.
      return;
    }
  }
}

/** A line of this log for a person: `12:03:09 info  request  status=200  model=…` */
export function readable(line: string): string {
  const { level, time, event, ...fields } = JSON.parse(line) as LogFields;
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
  const head = `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${String(event)}`;
  return `${[head, ...parts].join('  ')}\n`;
}

function shown(value: LogFields[string]): string {
  return typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : String(value);
}
