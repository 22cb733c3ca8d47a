// The providers that are there without a plugin.
import type { Env } from '../platform/env.ts';
import { anthropic } from './anthropic.ts';
import type { BuiltinChoice, BuiltinProvider } from './builtin-provider.ts';
import { lmstudio } from './lmstudio.ts';
import { minimax } from './minimax.ts';

export const builtinProviders: readonly BuiltinProvider[] = [minimax, anthropic, lmstudio];

export function builtinOf(providerId: string): BuiltinProvider | undefined {
  return builtinProviders.find(({ id }) => id === providerId);
}

/** The first of the provider's own variables that holds something. */
export function ownVariable(providerId: string, env: Env): string | undefined {
  return builtinOf(providerId)?.envVars.find((name) => (env[name] ?? '').trim() !== '');
}

export const builtinChoices: readonly BuiltinChoice[] = builtinProviders.flatMap(
  ({ authChoices }) => authChoices,
);
