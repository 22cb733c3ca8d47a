// What a login's page is about, in tests and in the pictures of the documentation.
import type { LoginPhase, LoginSubject } from '../../src/oauth/login-phase.ts';

export const loginSubject: LoginSubject = {
  providerLabel: 'MiniMax',
  regionLabel: 'Global',
  host: 'account.minimax.io',
  userCode: 'TUE3-FXNG',
  verificationUrl: 'https://platform.minimax.io/oauth-authorize?user_code=TUE3-FXNG&client=OpenClaw',
  trusted: true,
  expiresInMs: 900_000,
};

export const waiting: LoginPhase = { kind: 'waiting', remainingMs: 754_000 };
