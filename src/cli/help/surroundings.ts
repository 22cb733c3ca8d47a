// The variables and files that commands go by, as help and manual name them: what belongs to every command is told with
// the program, the rest with the commands that it is for. What each of them does is the business of whoever reads it.

export type Surrounding = {
  readonly name: string;
  readonly description: string;
  /** Commands or groups, without the program's name; absent for what belongs to every command. */
  readonly commands?: readonly string[];
};

const logins = ['onboard', 'configure', 'auth login'];
const keyed = [...logins, 'auth storage', 'gateway run', 'gateway start'];
const serving = ['gateway run', 'gateway start', 'gateway restart'];

export const environment: readonly Surrounding[] = [
  { name: 'OPENCLAW_STATE_DIR', description: 'another folder than ~/.openclaw' },
  { name: 'OPENCLAW_CONFIG_PATH', description: 'another configuration than openclaw.json in that folder' },
  {
    name: 'HTTPS_PROXY, HTTP_PROXY, NO_PROXY',
    description: 'the proxy for whatever leaves this machine, and the hosts that need none',
  },
  { name: 'NODE_EXTRA_CA_CERTS', description: 'a file with certificates to trust, such as those of a proxy' },
  { name: 'NO_COLOR, FORCE_COLOR', description: 'no colours; colours without a terminal too' },
  {
    name: 'LC_ALL, LC_MESSAGES, LANG',
    description: 'the language of a login: English, Chinese, Japanese, Korean, Russian or Danish',
    commands: logins,
  },
  {
    name: 'BROWSER',
    description: 'the program that opens addresses; none: print them only',
    commands: logins,
  },
  {
    name: 'OPENCLAW_AUTH_STORAGE',
    description: 'where the key of a new store is kept, as --storage says it',
    commands: keyed,
  },
  {
    name: 'OPENCLAW_AUTH_KEY_FILE',
    description: 'the file of the key, of 32 random bytes, readable for this user only',
    commands: keyed,
  },
  {
    name: 'OPENCLAW_PASSPHRASE_FILE',
    description: 'the file of the passphrase, readable for this user only',
    commands: keyed,
  },
  {
    name: 'OPENCLAW_KEYCHAIN_DRIVER',
    description: 'keytar, where it is installed, instead of napi-keyring',
    commands: ['auth storage'],
  },
  {
    name: 'MINIMAX_API_KEY, ANTHROPIC_API_KEY',
    description: 'a key makes its provider available without a login',
    commands: ['models list', 'models status', 'gateway run', 'gateway start', 'onboard', 'configure'],
  },
  {
    name: 'MINIMAX_API_HOST, MINIMAX_REGION',
    description: 'the site that a MiniMax key is for; Global without them',
    commands: ['models list', 'models status', 'gateway run', 'gateway start'],
  },
  {
    name: 'OPENCLAW_GATEWAY_PORT',
    description: 'another port than 18789; --port goes before it',
    commands: [...serving, 'gateway status', 'env'],
  },
  {
    name: 'OPENCLAW_GATEWAY_TOKEN',
    description: 'a token of your own instead of the generated one',
    commands: [...serving, 'gateway token'],
  },
  {
    name: 'OPENCLAW_GATEWAY_BIND',
    description: 'loopback (as it is without), lan, or one address of this machine',
    commands: serving,
  },
  {
    name: 'OPENCLAW_GATEWAY_HOSTS',
    description: 'further names that it is called by, such as those of a proxy',
    commands: serving,
  },
  {
    name: 'OPENCLAW_GATEWAY_IDLE_TIMEOUT',
    description: 'seconds that a model may be silent (600); 0 for ever',
    commands: serving,
  },
  { name: 'SHELL', description: 'the shell that is meant where none is named', commands: ['completion'] },
];

/** With the state folder as it is without OPENCLAW_STATE_DIR. */
export const files: readonly Surrounding[] = [
  { name: '~/.openclaw/openclaw.json', description: 'the configuration, JSON5' },
  { name: '~/.openclaw/.env', description: 'variables, below those of the process' },
  { name: '~/.openclaw/auth/', description: 'the logins, sealed' },
  {
    name: '~/.openclaw/activity.sqlite',
    description: 'orders, cooldowns, and what was used; may be lost',
    commands: ['auth order', 'auth clear-cooldown', 'usage'],
  },
  { name: '~/.openclaw/models.json', description: 'prices of your own', commands: ['usage'] },
  {
    name: '~/.openclaw/gateway/gateway.log',
    description: 'the log of a gateway in the background, a JSON object a line',
    commands: ['gateway start', 'gateway run', 'gateway logs'],
  },
];

/** Those that the program or this command is described with; the path is that of the command, without the program. */
export function surroundingsOf(all: readonly Surrounding[], path: readonly string[]): Surrounding[] {
  const name = `${path.join(' ')} `;
  return all.filter(({ commands }) =>
    commands === undefined ? path.length === 0 : commands.some((command) => name.startsWith(`${command} `)),
  );
}
