// Structured log lines as a port. Fields are facts without secrets; the adapter adds time and level.

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type Log = {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
};

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
