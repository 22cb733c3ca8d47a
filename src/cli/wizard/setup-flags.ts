// The flags that answer the wizard's questions, and those of them that contradict each other or the choice.
import { authChoices, type App, type SetupChoice } from '../../app.ts';
import { OpenClawError } from '../../errors.ts';
import { cleanText, quotedText } from '../../platform/text.ts';
import type { BuiltinChoice } from '../../providers/builtin-provider.ts';
import { faultOf } from './steps.ts';
import { refusePluginsOff, type LoginOptions } from '../login-session.ts';

export type SetupOptions = LoginOptions & {
  apiKeyEnv?: string;
  apiKeyStdin?: boolean;
  baseUrl?: string;
  model?: string;
  section?: string;
  keepLogin?: boolean;
  fallback?: readonly string[];
  /** False with --no-fallbacks. */
  fallbacks?: boolean;
  port?: string;
};

/** Throws USAGE for flags that contradict each other or the choice. */
export function checkSetupFlags(app: App, options: SetupOptions, choice: SetupChoice | undefined): void {
  const refuse = (message: string, remedy: string): never => {
    throw new OpenClawError({ code: 'USAGE', message, remedy });
  };
  const leaveOut = 'Leave one of them out.';
  const { apiKeyEnv, apiKeyStdin, baseUrl, keepLogin, region } = options;
  if (apiKeyEnv !== undefined && apiKeyStdin === true)
    refuse('--api-key-env and --api-key-stdin contradict each other: a key is in one place.', leaveOut);
  if (keepLogin === true && choice !== undefined)
    refuse('--keep-login and --auth-choice contradict each other.', leaveOut);
  if (options.fallbacks === false && options.fallback !== undefined)
    refuse('--no-fallbacks and --fallback contradict each other.', leaveOut);
  const aboutModels = modelFlag(options);
  if (aboutModels !== undefined && options.section === 'gateway')
    refuse(`${aboutModels} and --section gateway contradict each other.`, leaveOut);
  if (options.port !== undefined && (aboutModels !== undefined || options.section === 'model'))
    refuse(
      `--port is of the gateway, and ${aboutModels ?? '--section model'} is not: one section at a time.`,
      'Run the command once for each: `openclaw configure --port 18789` sets the port.',
    );
  if (choice === undefined) {
    if (!mayNameLater(options)) return;
    refuse(
      'A key or an address is given, but not for what.',
      'Add `--auth-choice`, for example `openclaw configure --auth-choice minimax-api`.',
    );
    return;
  }
  if (choice.pluginId !== undefined) refusePluginsOff(app, choice);
  const isKey = choice.pluginId === undefined && choice.method === 'api-key';
  if (!isKey && apiKeyStdin === true)
    refuse(`${choice.choiceId} takes no key from standard input.`, 'Leave --api-key-stdin out.');
  if (choice.pluginId !== undefined && apiKeyEnv !== undefined)
    refuse(
      `${choice.choiceId} is a login and takes no key.`,
      'Leave --api-key-env out, or choose a way with a key: `openclaw onboard --auth-choice minimax-api`.',
    );
  if (baseUrl !== undefined && (choice.pluginId !== undefined || choice.method !== 'local-server'))
    refuse(`${choice.choiceId} has an address of its own.`, 'Leave --base-url out.');
  if (choice.pluginId === undefined && region !== undefined && region !== choice.region) {
    const other = siblingAt(app, choice, region);
    refuse(
      choice.region === undefined
        ? `${choice.choiceId} has no regions.`
        : `${choice.choiceId} is for the site ${choice.region}, but --region ${cleanText(region, 40)} was given.`,
      other === undefined
        ? 'Leave --region out.'
        : `Use \`openclaw onboard --auth-choice ${other.choiceId}\`, or leave --region out.`,
    );
  }
}

/** Throws USAGE for what would stand in openclaw.json as it is, and never be replaced. */
export function checkKeyName({ apiKeyEnv }: SetupOptions, command: string): void {
  const fault = apiKeyEnv === undefined ? undefined : faultOf('key-name', apiKeyEnv.trim());
  if (fault === undefined) return;
  const remedy = `See \`${command} --help\`.`;
  throw new OpenClawError({ code: 'USAGE', message: `--api-key-env: ${fault}`, remedy });
}

/** The first flag that answers something about providers and models. */
function modelFlag(options: SetupOptions): string | undefined {
  const { authChoice, keepLogin, model, fallback, fallbacks } = options;
  const given: readonly (readonly [string, boolean])[] = [
    ['--auth-choice', authChoice !== undefined],
    ['--keep-login', keepLogin === true],
    ['--model', model !== undefined],
    ['--fallback', fallback !== undefined],
    ['--no-fallbacks', fallbacks === false],
  ];
  return given.find(([, isGiven]) => isGiven)?.[0];
}

function mayNameLater({ apiKeyEnv, apiKeyStdin, baseUrl }: SetupOptions): boolean {
  return apiKeyEnv !== undefined || apiKeyStdin === true || baseUrl !== undefined;
}

function siblingAt(app: App, choice: BuiltinChoice, region: string): SetupChoice | undefined {
  return authChoices(app).find(
    (other) => other.pluginId === undefined && other.provider === choice.provider && other.region === region,
  );
}

export function refuseTwice(ref: string, primary: string | undefined, former: readonly string[]): void {
  if (ref !== primary && !former.includes(ref)) return;
  throw new OpenClawError({
    code: 'USAGE',
    message: `${cleanText(ref, 120)} is ${ref === primary ? 'the default model itself' : 'among the fallbacks already'}.`,
    remedy: 'Give each fallback once, and another model than the default one.',
  });
}

export function pipeWanted(): OpenClawError {
  return new OpenClawError({
    code: 'USAGE',
    message: '--api-key-stdin reads what another program writes, and standard input is a terminal.',
    remedy:
      'Leave it out to be asked, or pipe the key in: `printf %s "$KEY" | openclaw onboard --auth-choice minimax-api --api-key-stdin`.',
  });
}

export function moreThanKey(): OpenClawError {
  return new OpenClawError({ code: 'USAGE', message: 'Standard input holds more than any key.' });
}

export function nothingPiped(): OpenClawError {
  return new OpenClawError({
    code: 'USAGE',
    message: '--api-key-stdin: there was nothing on standard input.',
    remedy:
      'Pipe the key in: `printf %s "$KEY" | openclaw onboard --auth-choice minimax-api --api-key-stdin`.',
  });
}

export function nothingToKeep(): OpenClawError {
  return new OpenClawError({
    code: 'USAGE',
    message: '--keep-login: there is no login and no key to keep.',
    remedy: 'Set one up: `openclaw configure --auth-choice minimax-portal`.',
  });
}

export function nameTaken(id: string): OpenClawError {
  return new OpenClawError({
    code: 'USAGE',
    message: `${cleanText(id, 120)} is there already: give another name.`,
    remedy: 'See which there are: `openclaw auth status`.',
  });
}

export function unknownSection(value: string): OpenClawError {
  return new OpenClawError({
    code: 'USAGE',
    message: `There is no section ${quotedText(value, 40)}. There is: model, gateway.`,
    remedy: 'For example: `openclaw configure --section model`.',
  });
}
