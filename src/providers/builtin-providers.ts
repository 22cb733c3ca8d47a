// The providers that are there without a plugin.
import { anthropic } from './anthropic.ts';
import type { BuiltinChoice, BuiltinProvider } from './builtin-provider.ts';
import { lmstudio } from './lmstudio.ts';
import { minimax } from './minimax.ts';

export const builtinProviders: readonly BuiltinProvider[] = [minimax, anthropic, lmstudio];

export function builtinOf(providerId: string): BuiltinProvider | undefined {
  return builtinProviders.find(({ id }) => id === providerId);
}

export const builtinChoices: readonly BuiltinChoice[] = builtinProviders.flatMap(
  ({ authChoices }) => authChoices,
);
