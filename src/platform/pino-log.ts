// The Log port on pino: one JSON object a line, or a readable line when a person is looking.
// No transports: they need worker threads and files of their own, which a bundled program has not.
// Lines are gathered for a moment and leave in one write, for a gateway writes one a request.
import { writeSync } from 'node:fs';
import { pino, type Level } from 'pino';
import { plainFields, type Log, type LogFields } from './log.ts';

export type LogLevel = Extract<Level, 'debug' | 'info' | 'warn' | 'error'>;

export type PinoLogOptions = {
  level?: LogLevel;
  /** A file descriptor (2 is stderr), or anything that takes one or more whole lines. */
  destination: number | { write(lines: string): void };
  /** Lines for a person instead of JSON. */
  pretty?: boolean;
};

export type PinoLog = Log & {
  /** Writes what has been gathered: to be called before the process ends. */
  flush(): void;
};

/** A process that is killed loses what it said in so much time. */
const gatherMs = 50;
const gatherChars = 64 * 1024;

/** Warnings and errors are written before the call returns, and with them all that came before. */
export function createPinoLog(options: PinoLogOptions): PinoLog {
  const { destination } = options;
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

  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      messageKey: 'event',
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: gather },
  );
  return {
    debug: (event, fields) => logger.debug(plainFields(fields), event),
    info: (event, fields) => logger.info(plainFields(fields), event),
    warn(event, fields) {
      logger.warn(plainFields(fields), event);
      flush();
    },
    error(event, fields) {
      logger.error(plainFields(fields), event);
      flush();
    },
    flush,
  };
}

/** pino's own builds the text anew for each line; many of a busy gateway are of the same millisecond. */
function createTimestamp(): () => string {
  let atMs = 0;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== atMs) {
      atMs = nowMs;
      text = `,"time":"${new Date(nowMs).toISOString()}"`;
    }
    return text;
  };
}

/** A pipe can be full: then the rest waits for its reader rather than being lost. */
function writeFully(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
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
