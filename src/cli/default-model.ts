// Whether a login changes the default model: a pure decision, and the question for a person.
import { OpenClawError } from '../errors.ts';

export type DefaultModelFacts = {
  current: string | undefined;
  /** What the login brings. */
  offered: string | undefined;
  /** `--model` */
  wanted: string | undefined;
  setDefault: boolean;
  keepDefault: boolean;
};

export type DefaultModelDecision =
  | { kind: 'keep' }
  | { kind: 'set'; ref: string }
  | { kind: 'ask'; suggested: string };

/**
 * Without a terminal `ask` becomes `set` where there is no default yet, and `keep` where a person has chosen one.
 * Throws USAGE when the flags contradict each other.
 */
export function decideDefaultModel(facts: DefaultModelFacts, interactive: boolean): DefaultModelDecision {
  const { current, offered, wanted } = facts;
  if (facts.keepDefault && (facts.setDefault || wanted !== undefined)) {
    throw new OpenClawError({
      code: 'USAGE',
      message: `--keep-default and ${facts.setDefault ? '--set-default' : '--model'} contradict each other.`,
      remedy: 'Leave one of them out.',
    });
  }
  if (facts.keepDefault) return { kind: 'keep' };
  if (wanted !== undefined) return { kind: 'set', ref: wanted };
  if (offered === undefined || offered === current) return { kind: 'keep' };
  if (facts.setDefault) return { kind: 'set', ref: offered };
  if (interactive) return { kind: 'ask', suggested: offered };
  return current === undefined ? { kind: 'set', ref: offered } : { kind: 'keep' };
}
