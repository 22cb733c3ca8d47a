// Leads through the steps: takes what flags have said, asks a person for the rest, goes back when they want to, and looks
// at each answer before it counts. Changes nothing anywhere.
import { OpenClawError } from '../../errors.ts';
import type { Ask } from './question-prompt.ts';
import { questionOf, type Question } from './questions.ts';
import { faultOf, goBack, nextStep, type Given, type StepId, type WizardFacts } from './steps.ts';

export type WizardPorts = {
  /** Absent where nobody can be asked. */
  readonly ask?: Ask | undefined;
  /** What a flag answers; `index`: how often the step was answered before. */
  readonly flag: (step: StepId, index: number) => string | undefined | Promise<string | undefined>;
  /** The answer where there is nothing to ask, or nobody. */
  readonly unasked: (step: StepId, facts: WizardFacts, given: readonly Given[]) => string | undefined;
  /** What becomes known on the way, before a step. */
  readonly learn: (step: StepId, given: readonly Given[], facts: WizardFacts) => Promise<WizardFacts>;
  /** The answer as it is kept. Rejects for one that does not hold: it is asked again, where a person was asked. */
  readonly prove: (step: StepId, given: readonly Given[], value: string) => Promise<string>;
  readonly tell: (text: string) => void;
  /** `openclaw onboard`, for remedies. */
  readonly command: string;
};

/**
 * Rejects with INTERRUPTED when the person cancels, with INPUT_REQUIRED where nobody can be asked, with USAGE for what a
 * flag says and no answer is, and with what `learn` and `prove` reject with.
 */
export async function runWizard(
  start: WizardFacts,
  ports: WizardPorts,
): Promise<{ facts: WizardFacts; given: readonly Given[] }> {
  let facts = start;
  let given: readonly Given[] = [];
  const former = new Map<StepId, string>();
  for (;;) {
    const step = nextStep(facts, given);
    if (step === undefined) return { facts, given };
    facts = await ports.learn(step, given, facts);
    // Models that were not known before may be there to fall back to.
    if (nextStep(facts, given) !== step) continue;
    const answer = await answerOf(step, facts, given, former.get(step), ports);
    if (answer === 'back') {
      const before = goBack(given);
      for (const { step: left, value, by } of given.slice(before?.length ?? 0)) {
        if (by === 'person') former.set(left, value);
      }
      given = before ?? given;
      continue;
    }
    try {
      const value = await settle(step, facts, given, answer, ports);
      given = [...given, { step, value, by: answer.by }];
    } catch (error) {
      if (answer.by !== 'person' || !(error instanceof OpenClawError) || error.code === 'INTERRUPTED')
        throw error;
      ports.tell(`  ${error.message}${error.code === 'USAGE' ? '' : `\n  ${error.remedy}`}`);
    }
  }
}

async function answerOf(
  step: StepId,
  facts: WizardFacts,
  given: readonly Given[],
  former: string | undefined,
  ports: WizardPorts,
): Promise<'back' | Pick<Given, 'value' | 'by'>> {
  const index = given.filter((each) => each.step === step).length;
  const said = await ports.flag(step, index);
  if (said !== undefined) return { value: said, by: 'flag' };
  const alone = ports.unasked(step, facts, given);
  if (alone !== undefined) return { value: alone, by: 'itself' };
  const question = questionOf(facts, given, step, former);
  if (ports.ask === undefined) throw inputRequired(question);
  const canGoBack = given.some(({ by }) => by === 'person');
  const reply = await ports.ask(question, canGoBack);
  return reply.kind === 'back' ? 'back' : { value: reply.value, by: 'person' };
}

async function settle(
  step: StepId,
  facts: WizardFacts,
  given: readonly Given[],
  { value, by }: Pick<Given, 'value' | 'by'>,
  ports: WizardPorts,
): Promise<string> {
  const fault = faultOf(step, step === 'key' ? value : value.trim());
  if (fault !== undefined) {
    const flag = /--[\w-]+/.exec(questionOf(facts, given, step).flag)?.[0];
    throw new OpenClawError({
      code: 'USAGE',
      message: by === 'flag' ? `${flag}: ${fault}` : fault,
      remedy: `See \`${ports.command} --help\`.`,
    });
  }
  return ports.prove(step, given, value);
}

function inputRequired({ message, flag }: Question): OpenClawError {
  return new OpenClawError({
    code: 'INPUT_REQUIRED',
    message: `There is no terminal to ask: ${message}`,
    data: { flag },
  });
}
