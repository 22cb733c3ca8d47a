// Structured log lines as a port. Fields are facts without secrets; the adapter adds time and level, and holds callers to
// that where types do not.
import { withoutTokens } from '../redaction.ts';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type Log = {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
};

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Names under which programs keep secrets, without case and punctuation. */
const secretNames: ReadonlySet<string> = new Set(
  (
    'authorization proxyauthorization cookie setcookie xapikey apikey accesstoken refreshtoken idtoken token access ' +
    'refresh key secret clientsecret password passphrase credential credentials codeverifier devicecode verifier'
  ).split(' '),
);

/**
 * What may stand in a line: flat values of plain types under harmless names. An error is its masked message, any other
 * object just `[object]`. The same object comes back when there is nothing to change, as in nearly every line.
 */
export function plainFields(fields: unknown): LogFields {
  if (typeof fields !== 'object' || fields === null) return {};
  let plain: Record<string, LogFields[string]> | undefined;
  for (const name of Object.keys(fields)) {
    const value: unknown = Reflect.get(fields, name);
    const shown = plainValue(name, value);
    if (shown === value) continue;
    plain ??= { ...fields };
    plain[name] = shown;
  }
  return plain ?? (fields as LogFields);
}

/** Most names are told by the first look, which every field of every request takes. */
function isSecretName(name: string): boolean {
  if (!/auth|key|token|cookie|secret|pass|cred|access|refresh|verifier|device/i.test(name)) return false;
  return secretNames.has(name.toLowerCase().replace(/[^a-z]/g, ''));
}

function plainValue(name: string, value: unknown): LogFields[string] {
  if (value === undefined || typeof value === 'number' || typeof value === 'boolean') return value;
  if (isSecretName(name)) return '[redacted]';
  if (typeof value === 'string') return value;
  if (value instanceof Error) return withoutTokens(value.message);
  return typeof value === 'object' && value !== null ? '[object]' : typeof value;
}
