// Why a model that is named cannot be served, and what mends it: what the catalogue says, else what became of its logins.
import type { OpenClawError } from '../errors.ts';
import { cleanText, quotedText } from '../platform/text.ts';
import { loginAgain } from './login-again.ts';
import type { ModelAuth } from './model-auth.ts';

export type NotServed = { readonly auth: ModelAuth; readonly trouble?: OpenClawError };

/** For one that is named and not served. */
export function whyNotServed({ trouble, auth }: NotServed): {
  why: string;
  remedy: string;
} {
  if (trouble !== undefined) {
    const { suggestion, why } = trouble.data;
    const hint = typeof suggestion === 'string' ? ` Did you mean ${quotedText(suggestion, 120)}?` : '';
    return { why: `${typeof why === 'string' ? why : trouble.message}.${hint}`, remedy: trouble.remedy };
  }
  if (auth.notInPlan !== undefined) {
    const id = cleanText(auth.profileId ?? '', 120);
    return {
      why: `it is not in the plan of ${id}, as its service says.`,
      remedy: `Take another one: \`openclaw models list\`. If the plan has it by now: \`openclaw auth clear-cooldown ${id}\`.`,
    };
  }
  if (auth.state === 'left_out') {
    return {
      why: 'the order of its logins leaves every one out.',
      remedy:
        'See it: `openclaw auth order get`, or use all again: `openclaw auth order clear <provider>`. Then look again: `openclaw models list`.',
    };
  }
  return {
    why: `the login ${cleanText(auth.profileId ?? '', 120)} has ended.`,
    remedy: `Log in again: \`${loginAgain({ id: auth.profileId ?? '', region: auth.region })}\`. Then look again: \`openclaw models list\`.`,
  };
}
