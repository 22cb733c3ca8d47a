// `gateway run`: serves until Ctrl-C or SIGTERM, then finishes what runs. Logs go to stderr or to the log file, the address
// to stdout. The process behind `gateway start` and `restart` is this one too; it then talks to who launched it.
import { OpenClawError, exitCodeOf, isOpenClawError, toOpenClawError } from '../../errors.ts';
import { localUrl, resolveBind } from '../../gateway/bind.ts';
import { gatewayTokenName, makeGatewayToken } from '../../gateway/gateway-token.ts';
import { createJsonLog, type JsonLog } from '../../platform/json-log.ts';
import { createRotatingFile } from '../../platform/rotating-file.ts';
import { Secret } from '../../platform/secret.ts';
import { resolvePaths } from '../../config/paths.ts';
import { apiKeyProviders } from '../../providers/api-key.ts';
import { passphraseRequired } from '../../vault/key-choice.ts';
import type { AskPassphrase } from '../../vault/passphrase.ts';
import { startServing } from '../../serving.ts';
import { configuredGatewayToken, type App } from '../../app.ts';
import { createOutput, type CommandContext, type Output } from '../command-context.ts';
import { resolveListening, resolvePort } from '../gateway-address.ts';
import { meetLauncher, type Launcher } from '../gateway-channel.ts';
import { createGatewayLife } from '../gateway-life.ts';
import { logBounds } from '../gateway-log.ts';
import { gatewayFiles } from '../gateway-record.ts';
import { logInWithChoice } from '../login-session.ts';
import { openApp } from '../open-app.ts';
import { createPassphrasePrompt } from '../ui/passphrase-prompt.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

type GatewayRunOptions = {
  json?: boolean;
  port?: string;
  logFile?: boolean;
  /** Not for people: the process is started by `start` or `restart`, which listen at the other end of a pipe. */
  launched?: 'start' | 'restart';
  ephemeral?: boolean;
  authChoice?: string;
  region?: string;
  flow?: string;
  browser?: boolean;
};

export async function gatewayRun(context: CommandContext, options: GatewayRunOptions): Promise<number> {
  const launcher = options.launched === undefined ? undefined : await meetLauncher();
  const log = openLog(context, options);
  try {
    return await serve(context, options, log, launcher);
  } catch (error) {
    if (launcher === undefined) throw error;
    const { code, message, remedy } = toOpenClawError(error);
    log.error('gateway_failed', { code, reason: message });
    await launcher.tell({ type: 'failed', error: { code, message, remedy } });
    return exitCodeOf(error);
  } finally {
    launcher?.close();
    log.flush();
  }
}

function openLog(context: CommandContext, options: GatewayRunOptions): JsonLog {
  const { terminal } = context;
  if (options.logFile !== true) {
    return createJsonLog({ destination: 2, pretty: terminal.errIsTty && options.json !== true });
  }
  const { log } = gatewayFiles(resolvePaths(context.env, context.homeDir).runDir);
  return createJsonLog({ destination: createRotatingFile(log, logBounds) });
}

async function serve(
  context: CommandContext,
  options: GatewayRunOptions,
  log: JsonLog,
  launcher: Launcher | undefined,
): Promise<number> {
  const output = createOutput(context, options);
  let isServing = false;
  let passphrase: Secret | undefined;
  const ask = launcher === undefined ? createPassphrasePrompt(context, options) : launcher.ask;
  const askPassphrase: AskPassphrase | undefined =
    ask &&
    (async (request) => {
      // A question among the log lines of a gateway that serves would be answered by nobody.
      if (isServing) throw passphraseRequired('The store has been sealed with a passphrase');
      const answer = await ask(request);
      // The next process of this gateway is told it: nobody need be there at a restart.
      passphrase = new Secret(answer);
      return answer;
    });
  const app = openApp(context, options, { log, askPassphrase });
  const life = createGatewayLife({
    context,
    log,
    files: gatewayFiles(app.paths.runDir),
    options,
    launcher,
    isListed: options.ephemeral !== true,
    keyProviders: () => apiKeyProviders(app.config()).map(({ provider }) => provider),
    passphrase: () => passphrase,
  });
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    const port = resolvePort(options.port, config);
    const listening = resolveListening(config, configuredGatewayToken(app));
    if (options.ephemeral === true) await logInToMemory(app, context, output, options);
    await life.begin(localUrl(listening.host, port));
    const token = new Secret(configuredGatewayToken(app) ?? (await sealedToken(app)));
    const readToken = async (): Promise<Secret> => {
      const given = configuredGatewayToken(app);
      // Where others than this machine may ask, a change that leaves the gateway without a good token is not taken.
      resolveBind({ bind: listening.host, key: 'The address that it listens on', token: given });
      return new Secret(given ?? (await keptToken(app)));
    };
    const inherit = life.inheritable({ host: listening.host, port });
    const serving = await startServing(app, {
      port: inherit?.port ?? port,
      ...listening,
      token,
      readToken,
      onReload: () => life.settingsChanged(),
      inherit: inherit?.take,
    });
    isServing = true;
    const url = localUrl(listening.host, serving.port);
    await life.announce(serving, url);
    if (launcher === undefined) printReady(context, output, url, serving.port);
    return await life.untilEnd(serving, () => {
      if (launcher === undefined) output.note('Stopping: finishing what runs …', { event: 'stopping' });
    });
  } finally {
    life.close();
    app.close();
  }
}

function printReady({ terminal }: CommandContext, output: Output, url: string, port: number): void {
  const { style } = output;
  if (output.json) terminal.writeOut(`${JSON.stringify({ url, port, pid: process.pid })}\n`);
  output.line(`${style.good('✓')} Gateway ready on ${style.bold(url)}  ${style.dim('(Ctrl-C stops it)')}`);
  output.line('  Point a tool at it: eval "$(openclaw env claude-code)"');
}

/** Whoever brings a key of their own never logs in, so this may be the first thing that needs a place to be kept in. */
async function sealedToken(app: App): Promise<string> {
  const store = app.store();
  const isFirst = (await store.readKeyRecord()) === undefined;
  try {
    const { kind } = await store.unlock();
    if (kind === 'memory' && isFirst) throw tokenNeeded('There is no place here to keep one.');
    return await store.createSecret(gatewayTokenName, makeGatewayToken(app.random));
  } catch (error) {
    // Nothing was ever kept here, and nothing can be.
    const isPlaceless = isOpenClawError(error) && error.code === 'KEYCHAIN_UNAVAILABLE';
    throw isFirst && isPlaceless ? tokenNeeded(`${error.message}.`) : error;
  }
}

/** Of a gateway that serves: one that was given nowhere, and would be kept nowhere, nobody could learn. */
async function keptToken(app: App): Promise<string> {
  const record = await app.store().readKeyRecord();
  if (record === undefined || record.kind === 'memory')
    throw tokenNeeded('There is no place here to keep one.');
  return app.store().createSecret(gatewayTokenName, makeGatewayToken(app.random));
}

function tokenNeeded(why: string): OpenClawError {
  return new OpenClawError({
    code: 'INPUT_REQUIRED',
    message: `Clients send a token to the gateway, and it has none yet. ${why}`,
    remedy:
      'Give it one, and its clients the same: `export OPENCLAW_GATEWAY_TOKEN="$(openssl rand -hex 32)"`. Or name a file with a key in OPENCLAW_AUTH_KEY_FILE: then one is made and kept.',
  });
}

/** Nothing is written, so no other command could tell the clients their token: it has to be given. */
async function logInToMemory(
  app: App,
  context: CommandContext,
  output: Output,
  options: GatewayRunOptions,
): Promise<void> {
  if (configuredGatewayToken(app) === undefined) {
    throw new OpenClawError({
      code: 'INPUT_REQUIRED',
      message: 'With --ephemeral nothing is written, so the token that clients send must come from outside.',
      remedy:
        'Make one, and give it to the clients, too: `export OPENCLAW_GATEWAY_TOKEN="$(openssl rand -hex 32)"`. Then run the command again.',
    });
  }
  const session = await logInWithChoice(
    app,
    context,
    output,
    {
      authChoice: 'minimax-portal',
      ...options,
      ...(options.region === undefined && !context.terminal.interactive ? { region: 'global' } : {}),
    },
    { storage: { ephemeral: true }, requirePersistence: false },
  );
  app.enableForThisProcess(session.choice.pluginId);
  const { defaultModel } = session.report;
  if (defaultModel !== undefined) app.useDefaultForThisProcess(defaultModel);
  output.note(`  Logged in: ${session.report.record.id}, in memory until this process ends.`);
}
