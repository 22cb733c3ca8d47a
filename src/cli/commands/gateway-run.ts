// `gateway run`: serves in the foreground until Ctrl-C or SIGTERM, then finishes what runs. Logs go to stderr, the
// address to stdout.
import { OpenClawError } from '../../errors.ts';
import { gatewayTokenName, makeGatewayToken } from '../../gateway/gateway-token.ts';
import { createPinoLog } from '../../platform/pino-log.ts';
import { Secret } from '../../platform/secret.ts';
import { passphraseRequired } from '../../vault/key-choice.ts';
import { startServing } from '../../serving.ts';
import { configuredGatewayToken, type App } from '../../app.ts';
import { createOutput, type CommandContext, type Output } from '../command-context.ts';
import { resolvePort } from '../gateway-address.ts';
import { logInWithChoice } from '../login-session.ts';
import { openApp } from '../open-app.ts';
import { createPassphrasePrompt } from '../ui/passphrase-prompt.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

type GatewayRunOptions = {
  json?: boolean;
  port?: string;
  ephemeral?: boolean;
  authChoice?: string;
  region?: string;
  flow?: string;
  browser?: boolean;
};

export async function gatewayRun(context: CommandContext, options: GatewayRunOptions): Promise<number> {
  const output = createOutput(context, options);
  const { terminal } = context;
  const log = createPinoLog({ destination: 2, pretty: terminal.errIsTty && !output.json });
  const ask = createPassphrasePrompt(context, options);
  let isServing = false;
  const app = openApp(context, options, {
    log,
    // A question among the log lines of a gateway that serves would be answered by nobody.
    askPassphrase:
      ask &&
      ((request) =>
        isServing
          ? Promise.reject(passphraseRequired('The store has been sealed with a passphrase'))
          : ask(request)),
  });
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    const port = resolvePort(options.port, config);
    if (options.ephemeral === true) await logInToMemory(app, context, output, options);
    const token = new Secret(configuredGatewayToken(app) ?? (await sealedToken(app)));
    const serving = await startServing(app, { port, token });
    isServing = true;
    const url = `http://127.0.0.1:${serving.port}`;
    if (output.json) terminal.writeOut(`${JSON.stringify({ url, port: serving.port, pid: process.pid })}\n`);
    output.line(
      `${output.style.good('✓')} Gateway ready on ${output.style.bold(url)}  ${output.style.dim('(Ctrl-C stops it)')}`,
    );
    output.line('  Point a tool at it: eval "$(openclaw env claude-code)"');
    await aborted(context.signal);
    output.note('Stopping: finishing what runs …');
    return (await serving.stop()) ? 0 : 1;
  } finally {
    app.close();
    log.flush();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function sealedToken(app: App): Promise<string> {
  return app.store().createSecret(gatewayTokenName, makeGatewayToken(app.random));
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
      data: { flag: 'a long random value in OPENCLAW_GATEWAY_TOKEN' },
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
  output.note(`  Logged in: ${session.report.record.id}, in memory until this process ends.`);
}
