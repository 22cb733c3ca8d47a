// Microsoft's msal-node: msal-login.ts with the stub authority behind it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer } from './peers.ts';
import { startProgram } from './program.ts';
import { startStubAuthority, unsignedToken } from './stub-authority.ts';
import type { Subject } from './subject.ts';

export async function createMsal(peer: Peer, folder: string): Promise<Subject> {
  mkdirSync(folder, { recursive: true });
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const tenant = '99999999-8888-7777-6666-555555555555';
  const authority = await startStubAuthority({
    folder,
    hosts: ['login.microsoftonline.com'],
    grant: () => ({
      access_token: 'stub-access',
      refresh_token: 'stub-refresh',
      id_token: unsignedToken({
        iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
        aud: '11111111-2222-3333-4444-555555555555',
        exp: Math.floor(Date.now() / 1000) + 3600,
        sub: 'subject',
        oid: 'object',
        tid: tenant,
        preferred_username: 'a@example.com',
      }),
      client_info: part({ uid: 'object', utid: tenant }),
      token_type: 'Bearer',
      scope: 'openid profile offline_access',
      expires_in: 3600,
    }),
  });
  return {
    name: '@azure/msal-node',
    version: peer.version,
    async start() {
      const program = await startProgram(
        process.execPath,
        [join(import.meta.dirname, 'msal-login.ts'), peer.entry, authority.url],
        { PATH: '/usr/bin:/bin', HOME: folder },
      );
      const before = authority.tokenRequests();
      return { ...program, tokenRequests: () => Promise.resolve(authority.tokenRequests() - before) };
    },
    goodCode: () => Promise.resolve(authority.goodCode),
    // The stub authority always does.
    refuseNext: () => undefined,
    close: () => authority.close(),
  };
}
