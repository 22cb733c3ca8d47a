// OpenAI's `codex login`: the released binary with a home of its own. Its token requests go by HTTPS_PROXY to the stub
// authority, whose certificate it is told to trust.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer } from './peers.ts';
import { startProgram } from './program.ts';
import { startStubAuthority, unsignedToken } from './stub-authority.ts';
import type { Subject } from './subject.ts';

export async function createCodex(peer: Peer, folder: string): Promise<Subject> {
  mkdirSync(folder, { recursive: true });
  const account = { chatgpt_account_id: 'account', chatgpt_plan_type: 'free', organization_id: 'org' };
  const authority = await startStubAuthority({
    folder,
    hosts: ['auth.openai.com', 'chatgpt.com', 'api.openai.com'],
    grant: () => ({
      access_token: unsignedToken({ exp: Date.now() / 1000 + 3600, 'https://api.openai.com/auth': account }),
      refresh_token: 'stub-refresh',
      id_token: unsignedToken({
        exp: Date.now() / 1000 + 3600,
        email: 'a@example.com',
        'https://api.openai.com/auth': account,
      }),
      token_type: 'Bearer',
      expires_in: 3600,
    }),
  });
  let logins = 0;
  return {
    name: '@openai/codex',
    version: peer.version,
    async start() {
      logins += 1;
      const home = join(folder, `login-${logins}`);
      mkdirSync(join(home, 'codex'), { recursive: true });
      const program = await startProgram(peer.entry, ['login'], {
        PATH: '/usr/bin:/bin',
        HOME: home,
        CODEX_HOME: join(home, 'codex'),
        BROWSER: '/bin/true',
        HTTPS_PROXY: authority.url,
        CODEX_CA_CERTIFICATE: authority.certificateFile,
      });
      const before = authority.tokenRequests();
      return { ...program, tokenRequests: () => Promise.resolve(authority.tokenRequests() - before) };
    },
    goodCode: () => Promise.resolve(authority.goodCode),
    // The stub authority always does.
    refuseNext: () => undefined,
    close: () => authority.close(),
  };
}
