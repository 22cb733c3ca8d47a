// The `onboard` that a remedy names: the one that failed, once more, so that what it was told about the default model, the
// place of the secret and the way of the login is not lost.
import { shellWord } from '../platform/shell-word.ts';
import { cleanText } from '../platform/text.ts';
import type { LoginCommand } from './login-again.ts';
import type { LoginOptions } from './login-session.ts';

export type OnboardFlags = Pick<
  LoginOptions,
  'flow' | 'browser' | 'nonInteractive' | 'storage' | 'insecureStorage'
> & {
  readonly model?: string;
  readonly setDefault?: boolean;
  readonly keepDefault?: boolean;
  readonly startGateway?: boolean;
};

/** Choice, site and name are added by whoever knows what they came to be. */
export function onboardAgain(options: OnboardFlags): LoginCommand {
  const { flow, browser, nonInteractive, storage, insecureStorage, model } = options;
  const value = (name: string, text: string | undefined): string =>
    text === undefined ? '' : ` --${name} ${shellWord(cleanText(text, 120))}`;
  const when = (flag: string, isGiven: boolean | undefined): string => (isGiven === true ? ` --${flag}` : '');
  return {
    command: 'openclaw onboard',
    flags: [
      value('model', model),
      when('set-default', options.setDefault),
      when('keep-default', options.keepDefault),
      value('flow', flow),
      when('no-browser', browser === false),
      value('storage', storage),
      when('insecure-storage', insecureStorage),
      when('start-gateway', options.startGateway),
      when('no-start-gateway', options.startGateway === false),
      when('non-interactive', nonInteractive),
    ].join(''),
  };
}
