// The gateway as a service of one user: where its file lies and what stands in it, for systemd and for launchd. Pure: it
// is written, or shown, by the commands. No secret is ever part of it.
import { join } from 'node:path';
import type { Env } from '../platform/env.ts';
import { nodeArgsOfGateway } from '../platform/node-settings.ts';

export type ServiceSetting = {
  homeDir: string;
  env: Env;
  /** The absolute paths of Node and of this program. */
  node: string;
  main: string;
};

export type ServiceFile = {
  kind: 'systemd' | 'launchd';
  path: string;
  text: string;
  /** What a person runs to begin with it, and to end it before it is removed. */
  begin: readonly string[];
  end: readonly string[];
};

/** Names of their own: OpenClaw has a service `openclaw-gateway`. */
const unitName = 'openclaw-minimax-gateway.service';
const label = 'ai.openclaw.minimax-gateway';

/** Handed to the service as they are now: where things lie, and nothing that is secret. */
const keptVariables = [
  'OPENCLAW_STATE_DIR',
  'OPENCLAW_CONFIG_PATH',
  'OPENCLAW_AUTH_STORAGE',
  'OPENCLAW_AUTH_KEY_FILE',
  'OPENCLAW_PASSPHRASE_FILE',
  'OPENCLAW_KEYCHAIN_DRIVER',
] as const;

/** undefined where neither is at home. */
export function describeService(platform: NodeJS.Platform, setting: ServiceSetting): ServiceFile | undefined {
  if (platform === 'darwin') return launchdAgent(setting);
  return platform === 'linux' ? systemdUnit(setting) : undefined;
}

function variablesOf(env: Env): [string, string][] {
  return keptVariables.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[name, value] as [string, string]];
  });
}

function systemdUnit({ homeDir, env, node, main }: ServiceSetting): ServiceFile {
  const configHome = env['XDG_CONFIG_HOME'] || join(homeDir, '.config');
  const program = [quoted(node), ...nodeArgsOfGateway(), quoted(main)].join(' ');
  const environment = variablesOf(env).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`, false)}\n`,
  );
  return {
    kind: 'systemd',
    path: join(configHome, 'systemd', 'user', unitName),
    text: `[Unit]
Description=OpenClaw gateway for MiniMax
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
# Ready when it serves. The message is sent by systemd-notify, a child of the gateway: hence "all".
Type=notify
NotifyAccess=all
ExecStart=${program} gateway run
# Without a gap: a new process takes over the socket and becomes the main one.
ExecReload=${program} gateway restart
# The gateway finishes what runs, and a refresh that has begun is saved.
KillMode=mixed
TimeoutStartSec=150
TimeoutStopSec=90
Restart=on-failure
RestartSec=2
${environment.join('')}UMask=0077
NoNewPrivileges=true
# Without a keychain the key can come from a file that only you can read:
# LoadCredential=openclaw-auth-key:%h/.config/openclaw/auth-key

[Install]
WantedBy=default.target
`,
    begin: [
      'systemctl --user daemon-reload',
      `systemctl --user enable --now ${unitName}`,
      'loginctl enable-linger "$USER"   # to have it run while nobody is logged in',
    ],
    end: [`systemctl --user disable --now ${unitName}`],
  };
}

/** systemd.syntax(7): quotes, backslashes and specifiers; in a command line `$` is doubled too. */
function quoted(text: string, isCommand = true): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return `"${isCommand ? escaped.replaceAll('$', '$$$$') : escaped}"`;
}

function launchdAgent({ homeDir, env, node, main }: ServiceSetting): ServiceFile {
  const path = join(homeDir, 'Library', 'LaunchAgents', `${label}.plist`);
  const words = [node, ...nodeArgsOfGateway(), main, 'gateway', 'run', '--log-file'];
  const variables = variablesOf(env).map(
    ([name, value]) => `    <key>${name}</key>\n    <string>${inXml(value)}</string>\n`,
  );
  const environment =
    variables.length === 0
      ? ''
      : `  <key>EnvironmentVariables</key>\n  <dict>\n${variables.join('')}  </dict>\n`;
  return {
    kind: 'launchd',
    path,
    text: `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${label}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${inXml(word)}</string>\n`).join('')}  </array>
${environment}  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ExitTimeOut</key>
  <integer>90</integer>
  <key>ProcessType</key>
  <string>Interactive</string>
  <key>Umask</key>
  <integer>63</integer>
</dict>
</plist>
`,
    begin: [`launchctl bootstrap gui/$(id -u) ${inShell(path)}`],
    end: [`launchctl bootout gui/$(id -u)/${label}`],
  };
}

function inXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function inShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
