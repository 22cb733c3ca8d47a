// The one error class and the one catalogue of what can go wrong: code -> exit code, HTTP status, remedy.
// A message says what happened, with facts; a remedy says what to do, with the command in backticks.
// How an error is printed belongs to the CLI, how it is answered to the gateway.
import { withoutTokens } from './redaction.ts';

type CatalogueEntry = {
  /** Process exit code: 1 error, 2 usage, 130 interrupted. */
  readonly exit: 1 | 2 | 130;
  /** HTTP status when the error reaches a gateway client. */
  readonly status: number;
  /** `{name}` is filled from `data`; a `[…]` part is dropped when one of its names is missing. */
  readonly remedy: string;
};

export const errorCatalogue = {
  USAGE: { exit: 2, status: 400, remedy: 'See `openclaw --help`.' },
  INPUT_REQUIRED: {
    exit: 2,
    status: 400,
    remedy: 'Pass {flag}, or run the command in a terminal that can ask.',
  },
  INTERRUPTED: { exit: 130, status: 499, remedy: 'Nothing was changed; run the command again.' },
  OUTPUT_LOST: {
    exit: 1,
    status: 500,
    remedy: 'See whether the disk that it goes to is full.',
  },
  INTERNAL: {
    exit: 1,
    status: 500,
    remedy: 'This is a defect: please report it with the message above and `openclaw --version`.',
  },

  CONFIG_SYNTAX: {
    exit: 1,
    status: 500,
    remedy: 'Mend {place}, then check it: `openclaw config validate`.',
  },
  CONFIG_INVALID: {
    exit: 1,
    status: 500,
    remedy: 'Mend {place}, then check it: `openclaw config validate`.',
  },
  CONFIG_UNREADABLE: {
    exit: 1,
    status: 500,
    remedy: 'Make {place} readable for this user, or name another file in OPENCLAW_CONFIG_PATH.',
  },
  CONFIG_KEY_MISSING: { exit: 1, status: 404, remedy: 'See what there is: `openclaw config get`.' },
  CONFIG_WRITE_REFUSED: {
    exit: 1,
    status: 500,
    remedy: 'The file was left as it was. Mend {place}, then run the command again.',
  },

  AUTH_CHOICE_UNKNOWN: { exit: 2, status: 400, remedy: 'Choose one: `openclaw onboard --help` lists them.' },
  PLUGIN_NOT_FOUND: { exit: 1, status: 500, remedy: 'See what there is: `openclaw plugins list`.' },
  PLUGIN_DISABLED: { exit: 1, status: 503, remedy: 'Enable it: `openclaw plugins enable {pluginId}`.' },
  PLUGIN_FAILED: {
    exit: 1,
    status: 503,
    remedy: 'See why: `openclaw plugins list`. The other plugins go on working.',
  },

  LOGIN_DENIED: {
    exit: 1,
    status: 401,
    remedy: 'Nothing was changed. Start again and press Approve: `openclaw auth login`.',
  },
  LOGIN_EXPIRED: {
    exit: 1,
    status: 401,
    remedy: 'Nothing was changed. Start again for a fresh code: `openclaw auth login`.',
  },
  LOGIN_REJECTED: {
    exit: 1,
    status: 502,
    remedy: 'Nothing was changed. Check the region (global or cn), then: `openclaw auth login`.',
  },
  LOGIN_WRONG_REGION: {
    exit: 1,
    status: 401,
    remedy:
      'Nothing was changed. Log in at that site: `openclaw auth login --auth-choice minimax-portal --region {region}`.',
  },
  LOGIN_PENDING: {
    exit: 1,
    status: 503,
    remedy:
      'The code is still good. Approve it, then: `openclaw onboard --non-interactive --complete[ --profile-id {profileId}]`.',
  },
  LOGIN_NOT_STARTED: {
    exit: 1,
    status: 404,
    remedy:
      'Begin one: `openclaw onboard --non-interactive --start --auth-choice minimax-portal --region global[ --profile-id {profileId}]`.',
  },
  LOGIN_NOT_SAVED: {
    exit: 1,
    status: 500,
    remedy: 'The former login, if any, is untouched. Mend the store, then: `openclaw auth login`.',
  },
  PORTAL_UNREACHABLE: {
    exit: 1,
    status: 502,
    remedy: 'Check the network and proxy settings (HTTPS_PROXY, NO_PROXY), then run the command again.',
  },
  PORTAL_REDIRECTED: {
    exit: 1,
    status: 502,
    remedy:
      'A login is never sent on to another host. If the service moved, set the new host under plugins.entries in openclaw.json.',
  },
  URL_REFUSED: {
    exit: 1,
    status: 500,
    remedy: 'Use an https URL. Plain http is for tests on 127.0.0.1 or [::1] with allowLoopbackHttp: true.',
  },

  NO_PROFILE: { exit: 1, status: 401, remedy: 'Log in: `openclaw onboard --auth-choice minimax-portal`.' },
  PROFILE_UNKNOWN: { exit: 1, status: 404, remedy: 'See which there are: `openclaw auth status`.' },
  LOGIN_DEAD: {
    exit: 1,
    status: 401,
    remedy: 'Log in again: `openclaw auth login[ --profile-id {profileId}]`.',
  },
  TOKEN_REFUSED: {
    exit: 1,
    status: 401,
    remedy:
      'Check that the plan is active and that the login is for the right region (global or cn): `openclaw auth status`.',
  },
  COOLING_DOWN: {
    exit: 1,
    status: 503,
    remedy: 'It is tried again by itself. To try now: `openclaw auth clear-cooldown`.',
  },
  REFRESH_FAILED: {
    exit: 1,
    status: 503,
    remedy: 'The login is kept and tried again by itself. To try now: `openclaw auth refresh[ {profileId}]`.',
  },

  STORE_UNREADABLE: {
    exit: 1,
    status: 503,
    remedy: 'Make {place} readable and writable for this user only, then run the command again.',
  },
  STORE_CORRUPT: {
    exit: 1,
    status: 503,
    remedy:
      'Nothing was overwritten. Restore {place} from a backup, or keep it aside and log in again: `openclaw auth login --set-aside-store`.',
  },
  STORE_NEWER: {
    exit: 1,
    status: 503,
    remedy: 'The store was written by a newer openclaw; update this one. Nothing was changed.',
  },
  STORE_BUSY: {
    exit: 1,
    status: 503,
    remedy: 'Another openclaw process holds the store; try again in a moment.',
  },

  KEYCHAIN_UNAVAILABLE: {
    exit: 1,
    status: 503,
    remedy:
      'Start a keychain service, or choose where the key is kept: `openclaw onboard --storage passphrase`, or `openclaw onboard --storage key-file` with OPENCLAW_AUTH_KEY_FILE.',
  },
  KEYCHAIN_LOCKED: {
    exit: 1,
    status: 503,
    remedy: 'Unlock the keychain (log in to the desktop, or answer its prompt), then run the command again.',
  },
  KEYCHAIN_DENIED: {
    exit: 1,
    status: 503,
    remedy: 'Allow openclaw to use its keychain item, then run the command again.',
  },
  KEY_MISSING: {
    exit: 1,
    status: 503,
    remedy:
      'Bring the key back, or keep {place} aside and log in again: `openclaw auth login --set-aside-store`.',
  },
  KEY_WRONG: {
    exit: 1,
    status: 503,
    remedy:
      'Bring the right key back, or keep {place} aside and log in again: `openclaw auth login --set-aside-store`.',
  },
  KEY_FILE_INVALID: {
    exit: 1,
    status: 503,
    remedy:
      'Bring the right key back if logins are sealed with it. For a first login make one with `openssl rand -hex 32`, readable for this user only, and name the file in OPENCLAW_AUTH_KEY_FILE.',
  },
  PASSPHRASE_REQUIRED: {
    exit: 1,
    status: 503,
    remedy:
      'Name a file with the passphrase, readable for this user only, in OPENCLAW_PASSPHRASE_FILE, or run the command in a terminal that can ask.',
  },
  STORAGE_CONFLICT: {
    exit: 2,
    status: 500,
    remedy:
      'Leave {by} out to use what the store was made with, or move the key: `openclaw auth storage migrate {asked}`.',
  },
  STORAGE_NOT_PERSISTENT: {
    exit: 1,
    status: 500,
    remedy:
      'Choose where the key is kept: `openclaw onboard --storage key-file`, `openclaw onboard --storage passphrase`, or serve from memory with `openclaw gateway run --ephemeral`.',
  },

  MODEL_UNKNOWN: { exit: 1, status: 404, remedy: 'See what there is: `openclaw models list`.' },
  PORT_IN_USE: {
    exit: 1,
    status: 500,
    remedy: 'Stop the other program or choose another port: `openclaw gateway run --port {nextPort}`.',
  },
  GATEWAY_NOT_RUNNING: { exit: 1, status: 503, remedy: 'Start it: `openclaw gateway start`.' },
  GATEWAY_RUNNING: {
    exit: 1,
    status: 503,
    remedy: 'See it: `openclaw gateway status`. A fresh start without a gap: `openclaw gateway restart`.',
  },
  GATEWAY_START_FAILED: {
    exit: 1,
    status: 503,
    remedy: 'See what it said: `openclaw gateway logs`, or run it in this terminal: `openclaw gateway run`.',
  },
  GATEWAY_RESTART_FAILED: {
    exit: 1,
    status: 503,
    remedy: 'The former process goes on serving. See what the new one said: `openclaw gateway logs`.',
  },
  GATEWAY_STILL_STOPPING: {
    exit: 1,
    status: 503,
    remedy:
      'It finishes what runs. Look again: `openclaw gateway status`. One that hangs: `openclaw gateway stop --force`.',
  },
  SERVICE_REFUSED: {
    exit: 1,
    status: 500,
    remedy: 'See what would be written, and put it in place by hand: `openclaw gateway install --print`.',
  },
  GATEWAY_UNAUTHORIZED: {
    exit: 1,
    status: 401,
    remedy: 'Send the gateway token as Bearer or x-api-key: `openclaw env claude-code` prints the settings.',
  },
  GATEWAY_LIMITED: {
    exit: 1,
    status: 429,
    remedy: 'The right token is served at once: `openclaw env claude-code` prints the settings.',
  },
  GATEWAY_HOST_REFUSED: {
    exit: 1,
    status: 421,
    remedy:
      'Call the gateway by its own address, http://127.0.0.1 and its port; further names are given in OPENCLAW_GATEWAY_HOSTS.',
  },
  GATEWAY_ORIGIN_REFUSED: {
    exit: 1,
    status: 403,
    remedy: 'Call the gateway from a program, not from a web page.',
  },
  REQUEST_INVALID: { exit: 1, status: 400, remedy: 'Mend the request and send it again.' },
  REQUEST_TOO_LARGE: { exit: 1, status: 413, remedy: 'Send at most 64 MiB in one request.' },
  UPSTREAM_UNREACHABLE: {
    exit: 1,
    status: 502,
    remedy: 'Check the network; the login is untouched. Then send the request again.',
  },
  ALL_FAILED: {
    exit: 1,
    status: 503,
    remedy: 'See how the logins are: `openclaw auth status`. Then send the request again.',
  },
  UPSTREAM_UNAUTHORIZED: {
    exit: 1,
    status: 401,
    remedy:
      'See the region that it belongs to with `openclaw auth status`, then log in again: `openclaw auth login[ --profile-id {profileId}]`.',
  },
  PORT_REFUSED: {
    exit: 1,
    status: 500,
    remedy: 'Choose another port: `openclaw gateway run --port 18789`.',
  },
  DEMO_FAILED: {
    exit: 1,
    status: 500,
    remedy: 'Please report the step that failed with `openclaw --version`.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;
export type ErrorData = Readonly<Record<string, string | number | boolean | undefined>>;

export type OpenClawErrorInit = {
  code: ErrorCode;
  message: string;
  /** Replaces the catalogue's remedy. */
  remedy?: string;
  /** Never an error that may carry a server's answer: those can hold tokens. */
  cause?: unknown;
  data?: ErrorData;
};

const marker: unique symbol = Symbol.for('openclaw.error') as never;

export class OpenClawError extends Error {
  readonly [marker] = true;
  override readonly name = 'OpenClawError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly data: ErrorData;

  constructor(init: OpenClawErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.data = init.data ?? {};
    this.remedy = fillRemedy(init.remedy ?? errorCatalogue[init.code].remedy, this.data);
  }

  toJSON(): { code: ErrorCode; message: string; remedy: string; data: ErrorData } {
    return { code: this.code, message: this.message, remedy: this.remedy, data: this.data };
  }
}

/** Recognised by a marker and not by class: a bundled extension can carry its own copy of this file. */
export function isOpenClawError(value: unknown): value is OpenClawError {
  return typeof value === 'object' && value !== null && marker in value;
}

export function exitCodeOf(error: unknown): 1 | 2 | 130 {
  return isOpenClawError(error) ? errorCatalogue[error.code].exit : 1;
}

/** `data.httpStatus` goes before the catalogue, for a code that has several. */
export function httpStatusOf(error: unknown): number {
  if (!isOpenClawError(error)) return 500;
  const { httpStatus } = error.data;
  return typeof httpStatus === 'number' ? httpStatus : errorCatalogue[error.code].status;
}

/** Turns anything thrown into an OpenClawError; a foreign error becomes INTERNAL and keeps only its message. */
export function toOpenClawError(value: unknown): OpenClawError {
  if (isOpenClawError(value)) return value;
  return new OpenClawError({
    code: 'INTERNAL',
    message: `Unexpected failure: ${withoutTokens(messageOf(value))}`,
  });
}

/** Of anything that can be thrown, also of what has no text or fights back. */
function messageOf(value: unknown): string {
  try {
    return String(value instanceof Error ? value.message : value);
  } catch {
    return 'something was thrown that cannot be described';
  }
}

function fillRemedy(template: string, data: ErrorData): string {
  const known = (name: string): boolean => data[name] !== undefined;
  // `${NAME}` is a reference in a configuration, and no place to fill.
  const names = (text: string): string[] =>
    [...text.matchAll(/(?<!\$)\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const withoutUnknown = template.replace(/\[([^\]]*(?<!\$)\{\w+\}[^\]]*)\]/g, (_, part: string) =>
    names(part).every(known) ? part : '',
  );
  return withoutUnknown.replace(/(?<!\$)\{(\w+)\}/g, (_, name: string) =>
    String(data[name] ?? `the ${name}`),
  );
}
