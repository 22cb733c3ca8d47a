// Credentials as a provider would give them, and a way to look for their secrets in every byte under a folder.
import { execFileSync } from 'node:child_process';
import type { ApiKeyCredential, OAuthCredential } from '../../src/plugin-sdk/credential.ts';

/** Part of every secret below: where it turns up, a secret has leaked. */
export const canary = 'canary7f3a';

export function oauthCredential(overrides: Partial<OAuthCredential> = {}): OAuthCredential {
  return {
    type: 'oauth',
    provider: 'minimax-portal',
    access: `${canary}-access-1`,
    refresh: `${canary}-refresh-1`,
    expires: 1_750_000_900_000,
    issuedAt: 1_750_000_000_000,
    region: 'global',
    email: 'someone@example.com',
    ...overrides,
  };
}

export function apiKeyCredential(): ApiKeyCredential {
  return { type: 'api_key', provider: 'minimax', key: `${canary}-key` };
}

/**
 * Files under `folder` that hold `text`. Read by a process of its own: this one would drop SQLite's locks by opening
 * and closing the files of a store that it has open.
 */
export function filesHolding(folder: string, text: string): string[] {
  const script = `
    const { readdirSync, readFileSync } = require('node:fs');
    const [folder, text] = process.argv.slice(1);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const hits = files.filter((file) => readFileSync(file.parentPath + '/' + file.name).includes(text));
    console.log(JSON.stringify({ files: files.length, hits: hits.map((file) => file.name) }));
  `;
  const output = execFileSync(process.execPath, ['--eval', script, folder, text], { encoding: 'utf8' });
  const { files, hits } = JSON.parse(output) as { files: number; hits: string[] };
  if (files === 0) throw new Error(`There is no file under ${folder}`);
  return hits;
}
