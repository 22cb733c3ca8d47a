// What a login's page is about, in tests.
import type { LoginSubject } from '../../src/oauth/login-phase.ts';

export const loginSubject: LoginSubject = {
  providerLabel: 'MiniMax',
  regionLabel: 'Global',
  host: 'account.minimax.io',
  userCode: 'ABCD-EFGH',
  verificationUrl: 'https://platform.minimax.io/oauth-authorize?user_code=ABCD-EFGH',
  trusted: true,
  expiresInMs: 300_000,
};
