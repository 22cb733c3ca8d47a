// What people type who know other programs: words for commands that have another name here, and flags that are not there
// for a reason. Data only; every command in it must parse.

/** By the word alone, whatever group it was typed in; or by the group and the word. */
export const otherWords: Readonly<Record<string, readonly string[]>> = {
  signin: ['auth login'],
  'sign-in': ['auth login'],
  connect: ['auth login'],
  reauth: ['auth login'],
  'log-in': ['auth login'],
  signout: ['auth logout'],
  'sign-out': ['auth logout'],
  'log-out': ['auth logout'],
  revoke: ['auth logout'],
  whoami: ['auth status'],
  account: ['auth status'],
  accounts: ['auth status'],
  profiles: ['auth status'],
  logins: ['auth status'],
  use: ['auth order set', 'models set'],
  switch: ['auth order set', 'models set'],
  select: ['auth order set', 'models set'],
  default: ['models set'],
  renew: ['auth refresh'],
  init: ['onboard'],
  setup: ['onboard'],
  wizard: ['onboard'],
  'getting-started': ['onboard'],
  serve: ['gateway run', 'gateway start'],
  server: ['gateway run', 'gateway start'],
  proxy: ['gateway run', 'gateway start'],
  daemon: ['gateway start'],
  up: ['gateway start'],
  down: ['gateway stop'],
  kill: ['gateway stop'],
  reload: ['gateway restart'],
  health: ['gateway status'],
  ping: ['gateway status'],
  log: ['gateway logs'],
  service: ['gateway install'],
  'plugins install': ['config set plugins.load.paths'],
  'plugins add': ['config set plugins.load.paths'],
  'plugins uninstall': ['plugins disable'],
  'plugins remove': ['plugins disable'],
  ls: ['models list', 'plugins list'],
  show: ['auth status', 'models list'],
  export: ['env'],
  exports: ['env'],
  cost: ['usage'],
  costs: ['usage'],
  tokens: ['usage'],
  quota: ['usage'],
  plan: ['usage'],
  billing: ['usage'],
  stats: ['usage'],
  try: ['demo'],
  keychain: ['auth storage show'],
  cooldown: ['auth clear-cooldown'],
  completions: ['completion'],
  autocomplete: ['completion'],
  version: ['--version'],
  man: ['--help'],
  usages: ['usage'],
};

type FlagHint = { readonly message: string; readonly remedy: string };

const noSecrets: FlagHint = {
  message:
    'what stands on a command line can be read by other programs and stays in the history of the shell, so no secret is taken there',
  remedy:
    'Name the variable that holds it: `openclaw onboard --auth-choice minimax-api --api-key-env MINIMAX_API_KEY`, or leave that out to type it hidden. No key at all: `openclaw onboard --auth-choice minimax-portal`.',
};
const noHost: FlagHint = {
  message:
    'the gateway listens on this machine alone, unless the environment or the configuration says otherwise',
  remedy: 'Set OPENCLAW_GATEWAY_BIND, or gateway.bind in openclaw.json.',
};
const noMoreWords: FlagHint = {
  message: 'there are no more words than these',
  remedy: 'What a gateway does is in its log: `openclaw gateway logs`.',
};

/** Where the command has no flag of that name, and none that means it. */
export const otherFlags: Readonly<Record<string, FlagHint>> = {
  '--token': noSecrets,
  '--api-key': noSecrets,
  '--apikey': noSecrets,
  '--key': noSecrets,
  '--secret': noSecrets,
  '--password': noSecrets,
  '--passphrase': noSecrets,
  '--access-token': noSecrets,
  '--refresh-token': noSecrets,
  '--host': noHost,
  '--bind': noHost,
  '--listen': noHost,
  '--verbose': noMoreWords,
  '--debug': noMoreWords,
  '--config': {
    message: 'the configuration file is named by the environment',
    remedy: 'Name it in OPENCLAW_CONFIG_PATH, then run the command again.',
  },
};

/** Other words for a fixed value, where it is one of those that the flag takes. */
export const valueWords: Readonly<Record<string, string>> = {
  china: 'cn',
  zh: 'cn',
  mainland: 'cn',
  io: 'global',
  us: 'global',
  eu: 'global',
  world: 'global',
  international: 'global',
  intl: 'global',
  browser: 'loopback',
  code: 'device',
  days: 'day',
  daily: 'day',
  models: 'model',
  profiles: 'profile',
  login: 'profile',
  account: 'profile',
};

/** Other words for a flag that is there; used where the command has the flag. */
export const flagWords: Readonly<Record<string, string>> = {
  '--profile': '--profile-id',
  '--account': '--profile-id',
  '--name': '--profile-id',
  '--site': '--region',
  '--choice': '--auth-choice',
  '--auth': '--auth-choice',
  '--method': '--auth-choice',
  '--headless': '--no-browser',
  '--group-by': '--by',
  '--from': '--since',
  '--days': '--since',
  '--tail': '--lines',
  '--yes': '--non-interactive',
  '--no-input': '--non-interactive',
  '--format': '--json',
  '--output': '--json',
  '--default': '--set-default',
  '--dry-run': '--print',
  '--print': '--dry-run',
  '--repair': '--fix',
  '--mend': '--fix',
  '--heal': '--fix',
};
