// LM Studio: a server on a person's own machine that needs no key unless it is told to want one. Which models it has is
// for its server to say; it counts as there only for those who name it, so that nobody else's port 1234 is ever asked.
import type { BuiltinProvider } from './builtin-provider.ts';

export const lmstudio: BuiltinProvider = {
  id: 'lmstudio',
  label: 'LM Studio',
  baseUrl: 'http://127.0.0.1:1234/v1',
  api: 'openai-responses',
  sites: {
    paths: { 'anthropic-messages': '', 'openai-completions': '/v1', 'openai-responses': '/v1' },
  },
  servesAllApis: true,
  // The name in LM Studio's own documentation.
  envVars: ['LM_API_TOKEN'],
  isOpen: true,
  openKey: 'lmstudio',
  listsModels: true,
  authChoices: [
    {
      provider: 'lmstudio',
      method: 'local-server',
      choiceId: 'lmstudio',
      choiceLabel: 'LM Studio',
      choiceHint: 'models on your own machine, no key',
      groupId: 'lmstudio',
      groupLabel: 'LM Studio',
      profileId: 'lmstudio:default',
      whereFrom: 'start its server in LM Studio (Developer, Start server) or with `lms server start`',
    },
  ],
  models: [],
};
