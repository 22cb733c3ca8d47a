// Every state that is looked for, by its id, which stays as it is: what it means and what mends it, as the table of
// docs/doctor.md has it. What is said of a case that was found is for the checks.

export const checkGroups = [
  'Program',
  'Files',
  'Key and store',
  'Logins',
  'Network',
  'Configuration',
  'Plugins',
  'Gateway',
  'Other tools',
] as const;

export type CheckGroup = (typeof checkGroups)[number];

type Entry = { readonly group: CheckGroup; readonly meaning: string; readonly remedy: string };

export const checkIds = {
  'node.version': {
    group: 'Program',
    meaning: 'Node.js is older than the program needs.',
    remedy: 'Install Node.js 24 or newer.',
  },
  'doctor.check': {
    group: 'Program',
    meaning: 'A check failed itself or gave no answer in time: what it looks for is not known.',
    remedy: 'The message says why; run `openclaw doctor` again.',
  },

  'files.mode': {
    group: 'Files',
    meaning:
      'A file or folder with secrets can be read by other users of this machine, one of the configuration or the state folder written by them, or one is closed to its own user.',
    remedy: '`openclaw doctor --fix` closes or opens it.',
  },
  'files.owner': {
    group: 'Files',
    meaning:
      'The state folder, something in it or openclaw.json belongs to another user, or is a symbolic link or of another kind.',
    remedy: 'Run openclaw as that user, or take the files over with `chown`.',
  },
  'files.litter': {
    group: 'Files',
    meaning: 'Drafts that killed processes have left; they can hold what the real files hold.',
    remedy: '`openclaw doctor --fix` removes them.',
  },
  'disk.space': {
    group: 'Files',
    meaning: 'The disk of the state folder is full or nearly so: a new token could not be saved.',
    remedy: 'Free space on that disk.',
  },
  'disk.writable': {
    group: 'Files',
    meaning: 'The state folder cannot be written: the disk is read-only, or the rights are missing.',
    remedy: 'Make it writable, or name another folder in OPENCLAW_STATE_DIR.',
  },
  'disk.network': {
    group: 'Files',
    meaning: 'The state folder is on a network file system, where the locks of SQLite cannot be relied on.',
    remedy: 'Name a folder on a local disk in OPENCLAW_STATE_DIR.',
  },

  'keychain.roundtrip': {
    group: 'Key and store',
    meaning:
      'The OS keychain did not take, give back and remove a test item: it is absent, locked or denied. Information where nothing needs it now.',
    remedy: 'Unlock or start it, or keep the key elsewhere: `openclaw auth storage migrate key-file`.',
  },
  'key.opens': {
    group: 'Key and store',
    meaning:
      'The key of the store is missing, wrong or cannot be had: no login can be used. Information where a gateway that runs has it; a warning where systemd gives it to its service alone.',
    remedy:
      'Bring the key back, or begin anew: `openclaw auth login --set-aside-store`. Where it is only not to be seen: look with the environment of the gateway.',
  },
  'key.unprotected': {
    group: 'Key and store',
    meaning: 'The key lies in a plain file beside the logins: whoever copies the folder has them.',
    remedy: '`openclaw auth storage migrate keychain`',
  },
  'store.integrity': {
    group: 'Key and store',
    meaning:
      'The store of the logins, or what it says of its key, is damaged, cannot be read or written, or is busy.',
    remedy: 'Restore it from a backup, or begin anew: `openclaw auth login --set-aside-store`.',
  },
  'store.newer': {
    group: 'Key and store',
    meaning: 'The store was written by a newer version of this program.',
    remedy: 'Update this program.',
  },
  'store.set-aside': {
    group: 'Key and store',
    meaning: 'Former stores that were kept aside still lie beside the store.',
    remedy: 'Remove them when nothing in them is needed any more.',
  },
  'store.activity': {
    group: 'Key and store',
    meaning: 'The file with cooldowns, orders and usage is damaged or cannot be read.',
    remedy: '`openclaw doctor --fix` keeps a damaged one aside and begins anew; no login is in it.',
  },

  'login.none': {
    group: 'Logins',
    meaning:
      'There is neither a login nor a key, nor has the gateway that runs one: nothing can be served. An error where a default model is set and no gateway is ready, else information.',
    remedy: '`openclaw onboard`',
  },
  'login.dead': {
    group: 'Logins',
    meaning: 'The service has ended the login; only a new one helps.',
    remedy: '`openclaw auth login`',
  },
  'login.expired': {
    group: 'Logins',
    meaning: 'The token is over, or will be soon, and there is no refresh token.',
    remedy: '`openclaw auth login`',
  },
  'login.refresh': {
    group: 'Logins',
    meaning: 'The last refresh failed; the login is kept, and tried again.',
    remedy: '`openclaw auth refresh`',
  },
  'login.cut-off': {
    group: 'Logins',
    meaning: 'A process was killed in the middle of a refresh; the next one tries the stored token once.',
    remedy: '`openclaw auth refresh`',
  },
  'login.restored': {
    group: 'Logins',
    meaning: 'The store was brought back from a backup, and the refresh token may have been used already.',
    remedy: '`openclaw auth refresh`, and if that fails `openclaw auth login`',
  },
  'login.damaged': {
    group: 'Logins',
    meaning: 'The row of a login is damaged on the disk; the others are not.',
    remedy: '`openclaw auth login`, which keeps a copy of the store',
  },
  'login.plugin': {
    group: 'Logins',
    meaning: 'The plugin of a login is disabled, failed or gone: it is neither used nor refreshed.',
    remedy:
      '`openclaw plugins enable minimax-portal-auth`; `openclaw plugins inspect minimax-portal-auth` says why it failed.',
  },
  'login.region': {
    group: 'Logins',
    meaning: 'A login of one MiniMax site is sent to a host of the other one, which does not know it.',
    remedy: 'Take the address out of openclaw.json, or log in at that site: `openclaw auth login`.',
  },
  'login.cooldown': {
    group: 'Logins',
    meaning: 'A login or key is left alone after a failure; it is tried again by itself.',
    remedy: '`openclaw auth clear-cooldown`',
  },
  'login.order': {
    group: 'Logins',
    meaning: 'An explicit order names logins that are not there, or leaves out all that are.',
    remedy: '`openclaw auth order clear minimax-portal`',
  },
  'login.pending': {
    group: 'Logins',
    meaning: 'A login in two steps was begun and not finished.',
    remedy: '`openclaw onboard --non-interactive --complete`',
  },
  'key.region': {
    group: 'Logins',
    meaning:
      'What is said of the site of a MiniMax API key contradicts itself: MINIMAX_API_HOST, MINIMAX_REGION, baseUrl.',
    remedy: 'Leave only the one that is of the key’s site.',
  },

  'clock.skew': {
    group: 'Network',
    meaning:
      'The clock of this machine differs from that of the account host: tokens seem valid when they are over.',
    remedy: 'Set the clock by the network (NTP).',
  },
  'proxy.variable': {
    group: 'Network',
    meaning: 'A proxy variable does not hold an address of a proxy: every request outside fails.',
    remedy: 'Write it as http://host:port, or unset it.',
  },
  'proxy.in-use': {
    group: 'Network',
    meaning: 'Requests to MiniMax go through a proxy.',
    remedy: 'Nothing, if that is meant.',
  },
  'proxy.loopback': {
    group: 'Network',
    meaning:
      'A proxy is set and NO_PROXY does not except this machine: local servers and the gateway are asked through it.',
    remedy: 'Add 127.0.0.1,localhost to NO_PROXY.',
  },
  'proxy.certificates': {
    group: 'Network',
    meaning:
      'NODE_EXTRA_CA_CERTS names a file that is not there, or checks of certificates are switched off.',
    remedy: 'Name the right file, or unset the variable.',
  },

  'config.file': {
    group: 'Configuration',
    meaning: 'openclaw.json cannot be read, does not load, or is a link to a file that is not there.',
    remedy: 'The message has the line; then `openclaw config validate`.',
  },
  'config.keys': {
    group: 'Configuration',
    meaning:
      'A key of openclaw.json looks like a slip of another one, or is there twice; or a line of .env is none.',
    remedy: 'Mend the line that is named; then `openclaw config validate`.',
  },
  'config.variables': {
    group: 'Configuration',
    meaning: 'A value needs a variable of the environment that is not set, and is left out.',
    remedy: 'Set the variable, or write it into .env of the state folder.',
  },
  'config.secret': {
    group: 'Configuration',
    meaning: 'A key or token stands in openclaw.json, or in the former text beside it (.bak), in plain text.',
    remedy:
      'Seal it: `openclaw onboard --auth-choice minimax-api`, or write ${NAME} and set the variable; then `openclaw doctor --fix` offers to take it out of the former text.',
  },
  'config.model': {
    group: 'Configuration',
    meaning:
      'The default model cannot be served, or none is set, which is information. Not looked at without a login or key: that is `login.none`.',
    remedy: '`openclaw models list`',
  },
  'config.fallbacks': {
    group: 'Configuration',
    meaning: 'A fallback of the default model cannot be served, and is passed over.',
    remedy: '`openclaw models list`',
  },
  'config.prices': {
    group: 'Configuration',
    meaning:
      'models.json of the state folder has something wrong in it; the prices that are meant do not count.',
    remedy: 'Mend the line that is named.',
  },
  'config.openclaw': {
    group: 'Configuration',
    meaning: 'OpenClaw uses the same folder; it refuses to start on keys that it does not know.',
    remedy: 'Take out the keys that are named, or use a folder of its own (OPENCLAW_STATE_DIR).',
  },

  'plugin.failed': {
    group: 'Plugins',
    meaning: 'A plugin cannot be loaded, or refuses what is set for it.',
    remedy: '`openclaw plugins inspect minimax-portal-auth`, or the place that is named.',
  },
  'plugin.off': {
    group: 'Plugins',
    meaning: 'plugins.enabled is false, which turns off every plugin.',
    remedy: '`openclaw config unset plugins.enabled`',
  },
  'plugin.unknown': {
    group: 'Plugins',
    meaning: 'The configuration enables a plugin that is not there.',
    remedy: '`openclaw plugins list`',
  },

  'gateway.running': {
    group: 'Gateway',
    meaning:
      'The gateway cannot serve, or does not answer at its address. That none runs is information, where there is a login or key.',
    remedy: '`openclaw gateway start`',
  },
  'gateway.files': {
    group: 'Gateway',
    meaning:
      'A gateway ended without saying so, runs without its lock or its record, or a file of its folder cannot be used.',
    remedy:
      '`openclaw gateway logs` says why; `openclaw doctor --fix` removes the record of one that is gone. One that runs is ended with `kill`, then `openclaw gateway start`.',
  },
  'gateway.token': {
    group: 'Gateway',
    meaning:
      'The gateway that runs refuses the token that `openclaw gateway token` prints, or no command can print one: it was started with another.',
    remedy:
      'Clients that have its token go on working. Else `openclaw gateway stop`, then `openclaw gateway start`.',
  },
  'gateway.port': {
    group: 'Gateway',
    meaning:
      'Another program has the port of the gateway. Information where it is a gateway that keeps everything in memory.',
    remedy: 'Stop that one, or choose another port: `openclaw gateway start --port 18790`.',
  },
  'gateway.settings': {
    group: 'Gateway',
    meaning:
      'The gateway runs with another version, port or address than the program and the configuration have now.',
    remedy: '`openclaw gateway restart`',
  },
  'gateway.exposed': {
    group: 'Gateway',
    meaning: 'The gateway answers other machines, or would, without a token that is fit for that.',
    remedy: '`openclaw config set gateway.bind loopback`, or choose a long token.',
  },
  'gateway.service': {
    group: 'Gateway',
    meaning: 'The service file names a Node or a program that is gone, or is not what would be written now.',
    remedy: '`openclaw gateway install`',
  },

  'leftover.openclaw': {
    group: 'Other tools',
    meaning: 'OpenClaw keeps MiniMax credentials in plain text.',
    remedy: '`openclaw doctor --fix` offers to remove them; log in again there.',
  },
  'leftover.mmx': {
    group: 'Other tools',
    meaning: 'MiniMax’s own program keeps a login or a key in plain text.',
    remedy: '`openclaw doctor --fix` offers to remove them; log in again there.',
  },
  'leftover.claude-code': {
    group: 'Other tools',
    meaning: 'The settings of Claude Code hold a MiniMax credential in plain text.',
    remedy:
      'Point it at the gateway: `openclaw env claude-code`; `openclaw doctor --fix` offers to remove it.',
  },
} as const satisfies Record<string, Entry>;

export type CheckId = keyof typeof checkIds;
