// A person who answers the wizard's questions as a test says: an answer, `back`, or `cancel`.
import { cancelled, type Ask } from '../../src/cli/wizard/question-prompt.ts';

export type ScriptedQuestions = {
  ask: Ask;
  /** The steps that were asked, in their order. */
  steps: string[];
  /** The options of each list that was shown, by step; the last one of several. */
  offered: Map<string, string[]>;
};

export const back = Symbol('back');
export const cancel = Symbol('cancel');

/** Rejects a question that there is no answer to. */
export function scriptQuestions(answers: readonly (string | symbol)[]): ScriptedQuestions {
  const rest = [...answers];
  const steps: string[] = [];
  const offered = new Map<string, string[]>();
  return {
    steps,
    offered,
    ask(question, canGoBack) {
      steps.push(question.step);
      if (question.kind === 'select') {
        offered.set(
          question.step,
          question.options.map(({ value }) => value),
        );
      }
      const answer = rest.shift();
      if (answer === cancel) return Promise.reject(cancelled());
      if (answer === back) {
        if (!canGoBack) return Promise.reject(new Error(`no way back from ${question.step}`));
        return Promise.resolve({ kind: 'back' });
      }
      if (typeof answer !== 'string') return Promise.reject(new Error(`no answer to ${question.message}`));
      const isOffered = question.kind !== 'select' || offered.get(question.step)?.includes(answer);
      if (isOffered !== true) {
        return Promise.reject(new Error(`${question.step} does not offer ${answer}`));
      }
      return Promise.resolve({ kind: 'value', value: answer });
    },
  };
}
