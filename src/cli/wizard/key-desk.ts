// Takes a key or a server's address from whoever gives it, looks at it, and holds it until it is saved. A key is tried at
// the address where it will be used and nowhere else; what says nothing against it does not stop anybody.
import type { App } from '../../app.ts';
import { OpenClawError } from '../../errors.ts';
import { Secret } from '../../platform/secret.ts';
import { cleanText } from '../../platform/text.ts';
import { apiKeyOf } from '../../providers/api-key.ts';
import { baseUrlOf } from '../../providers/address.ts';
import type { BuiltinChoice } from '../../providers/builtin-provider.ts';
import { builtinOf, ownVariable } from '../../providers/builtin-providers.ts';
import { checkKey, type KeyVerdict } from '../../providers/key-check.ts';
import { askLmStudio, type ListAnswer } from '../../providers/lmstudio-models.ts';
import { readPastedKey } from '../../providers/pasted-key.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { completeAddress } from './steps.ts';

export type TakenKey = {
  readonly choice: BuiltinChoice;
  readonly key: Secret;
  /** Where it stays; undefined for one that was typed. */
  readonly variable: string | undefined;
  readonly verdict: Exclude<KeyVerdict, { kind: 'refused' }>;
};

export type TakenServer = {
  readonly choice: BuiltinChoice;
  readonly baseUrl: string;
  readonly answer: ListAnswer;
};

export type KeyDesk = {
  /** Errors: USAGE for what is no key, LOGIN_REJECTED when the server refuses it. */
  takeText(choice: BuiltinChoice, text: string): Promise<TakenKey>;
  /** The same of the variable's value; USAGE when it is not set. */
  takeVariable(choice: BuiltinChoice, name: string): Promise<TakenKey>;
  /** Resolves also when nothing answers there. */
  takeServer(choice: BuiltinChoice, address: string, variable: string | undefined): Promise<TakenServer>;
};

const serverLimitMs = 3_000;

export function createKeyDesk(app: App, context: CommandContext, output: Output): KeyDesk {
  const usage = (message: string, remedy = 'Give the key alone, as its provider shows it.'): OpenClawError =>
    new OpenClawError({ code: 'USAGE', message, remedy });

  const check = async (choice: BuiltinChoice, key: string, variable?: string): Promise<TakenKey> => {
    const taken = { choice, key: new Secret(key), variable };
    const builtin = builtinOf(choice.provider);
    const baseUrl = baseUrlOf(choice.provider, builtin?.api ?? '', app.config(), choice.region);
    const question = await builtin?.loadKeyCheck?.();
    if (builtin === undefined || baseUrl === undefined || question === undefined) {
      return { ...taken, verdict: { kind: 'unknown', reason: 'there is no call that shows it' } };
    }
    const { host } = new URL(baseUrl);
    output.note(`  Trying the key at ${cleanText(host)} …`, { event: 'checking_key', host: cleanText(host) });
    const verdict = await checkKey(app, question, { baseUrl, key }, context.signal);
    if (verdict.kind === 'refused') {
      throw new OpenClawError({
        code: 'LOGIN_REJECTED',
        message: `${cleanText(host)} refuses ${variable === undefined ? 'this key' : `the key in ${variable}`}.`,
        remedy: `Nothing was changed. ${builtin.ifRefused?.(baseUrl, choice.region) ?? `Copy the key once more from ${choice.whereFrom}.`}`,
      });
    }
    if (verdict.kind === 'works')
      output.note('  The key works. (Asked by a call that costs nothing.)', { event: 'verified' });
    else {
      output.note(`  Not checked: ${verdict.reason}. That says nothing against the key.`, {
        event: 'not_verified',
        reason: verdict.reason,
      });
    }
    return { ...taken, verdict };
  };

  return {
    takeText(choice, text) {
      const pasted = readPastedKey(choice.provider, text);
      if (pasted.kind === 'fault') throw usage(pasted.reason);
      if (pasted.note !== undefined) output.note(`  ${pasted.note}`, { event: 'note', message: pasted.note });
      return check(choice, pasted.key);
    },
    takeVariable(choice, name) {
      const value = app.config().env[name]?.trim() ?? '';
      if (value === '') {
        throw usage(
          `The variable ${name} is not set here.`,
          `Set it in this shell, or for every shell in ${app.paths.dotenvFile}, then run the command again.`,
        );
      }
      const pasted = readPastedKey(choice.provider, value);
      if (pasted.kind === 'fault') throw usage(`${name}: ${pasted.reason}`);
      if (pasted.note !== undefined)
        throw usage(`${name} holds more than the key. Leave out: ${pasted.note.replace(/^Left out: /, '')}`);
      return check(choice, value, name);
    },
    async takeServer(choice, address, variable) {
      const baseUrl = completeAddress(address);
      const { env } = app.config();
      const own = ownVariable(choice.provider, env);
      const named = variable ?? own;
      const key = named === undefined ? apiKeyOf(choice.provider, app.config()) : env[named]?.trim();
      const answer = await askLmStudio(app, { baseUrl, key }, serverLimitMs, context.signal);
      context.signal.throwIfAborted();
      const { host } = new URL(baseUrl);
      if (answer.kind === 'trouble') {
        output.note(
          `  ${cleanText(host)} does not say which models it has: ${answer.reason}.\n  You can go on. To begin: ${choice.whereFrom}.`,
          { event: 'server_silent', host: cleanText(host), reason: answer.reason },
        );
      } else {
        const { length } = answer.models;
        output.note(
          length === 0
            ? `  ${cleanText(host)} answers, and has no model that chats yet: download one in ${choice.choiceLabel}.`
            : `  ${cleanText(host)} has ${length} ${length === 1 ? 'model' : 'models'}: ${answer.models
                .slice(0, 5)
                .map(({ id }) => id)
                .join(', ')}${length > 5 ? ', …' : ''}`,
          { event: 'server_models', host: cleanText(host), models: length },
        );
      }
      return { choice, baseUrl, answer };
    },
  };
}
