// Credentials that other tools keep in plain text: found by their shapes, taken out without touching anything else, and
// never shown.
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leftoverCheck } from '../../../src/cli/doctor/leftover-checks.ts';
import { mendAll } from '../../../src/cli/doctor/mend.ts';
import { plainKey } from '../../support/doctor-cases.ts';
import { createDoctorStage, type DoctorStage } from '../../support/doctor-stage.ts';

const found = async (stage: DoctorStage) => {
  const findings = await leftoverCheck.run(stage.ports());
  return findings.filter(({ severity }) => severity !== 'ok');
};

async function scrub(stage: DoctorStage): Promise<string[]> {
  const { signal } = new AbortController();
  const mended = await mendAll(await found(stage), { ask: undefined, scrub: true, signal }, () => undefined);
  expect(await found(stage)).toEqual([]);
  return mended.map(({ text }) => text);
}

it.each<[string, string, string, string]>([
  [
    '.openclaw/agents/main/agent/auth-profiles.json',
    `{\n  "version": 1,\n  "profiles": {\n    "minimax:default": { "type": "api_key", "provider": "minimax", "key": "${plainKey}" },\n    "openai:default": { "provider": "openai", "key": "another-tools-key" }\n  },\n  "order": { "minimax": ["minimax:default"] }\n}\n`,
    `{\n  "version": 1,\n  "profiles": {\n    "openai:default": { "provider": "openai", "key": "another-tools-key" }\n  },\n  "order": { "minimax": ["minimax:default"] }\n}\n`,
    'an API key',
  ],
  [
    'state/agents/main/agent/auth-profiles.json.bak',
    `{"profiles":{"minimax:a":{"provider":"minimax","key":"${plainKey}"}},"version":1}`,
    '{"profiles":{},"version":1}',
    'an API key',
  ],
  [
    'state/credentials/oauth.json',
    `{"minimax-portal":{"access":"${plainKey}1","refresh":"${plainKey}2","expires":1},"x":{"access":"another-tools-token"}}`,
    '{"x":{"access":"another-tools-token"}}',
    'an access token and a refresh token',
  ],
  [
    '.openclaw/agents/main/agent/models.json',
    `{ "providers": { "minimax": { "apiKey": "${plainKey}-that-is-long", "models": [] }, "minimax-portal": { "apiKey": "MINIMAX_API_KEY_OF_SOMEBODY" } } }`,
    '{ "providers": { "minimax": { "models": [] }, "minimax-portal": { "apiKey": "MINIMAX_API_KEY_OF_SOMEBODY" } } }',
    'an API key',
  ],
  [
    '.mmx/config.json',
    `{\n  "region": "cn",\n  "api_key": "${plainKey}",\n  "output": "json"\n}`,
    '{\n  "region": "cn",\n  "output": "json"\n}',
    'an API key',
  ],
  [
    '.minimax/credentials.json',
    `{"access_token":"${plainKey}","refresh_token":"${plainKey}","account":"me"}`,
    '{"account":"me"}',
    'an access token and a refresh token',
  ],
  [
    '.minimax/config.yaml',
    `region: cn\napi_key: ${plainKey}\ntimeout: 5\n`,
    'region: cn\ntimeout: 5\n',
    'an API key',
  ],
  [
    '.claude/settings.local.json',
    `{\n  "env": {\n    "ANTHROPIC_BASE_URL": "https://api.minimaxi.com/anthropic",\n    "ANTHROPIC_AUTH_TOKEN": "${plainKey}"\n  }\n}\n`,
    '{\n  "env": {\n    "ANTHROPIC_BASE_URL": "https://api.minimaxi.com/anthropic"\n  }\n}\n',
    'an API key',
  ],
])('%s', async (path, before, after, kinds) => {
  const stage = createDoctorStage();
  const file = stage.write(path, before);
  chmodSync(file, 0o640);
  const findings = await found(stage);
  expect(findings.map(({ text }) => text)).toEqual([
    expect.stringContaining(`${kinds} of MiniMax in plain text: ${file}`),
  ]);
  const told = await scrub(stage);
  expect(JSON.stringify([findings, told])).not.toContain(plainKey);
  expect(readFileSync(file, 'utf8')).toBe(after);
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

it.each([
  ['.mmx/config.json', '{"api_key": "${MINIMAX_API_KEY}"}'],
  ['.mmx/config.json', 'no JSON at all'],
  [
    '.claude/settings.json',
    `{"env":{"ANTHROPIC_BASE_URL":"http://127.0.0.1:18789","ANTHROPIC_AUTH_TOKEN":"${plainKey}"}}`,
  ],
  ['.claude/settings.json', '[]'],
  [
    '.openclaw/agents/main/agent/auth-profiles.json',
    `{"profiles":{"openai:a":{"provider":"openai","key":"${plainKey}"}}}`,
  ],
  [
    '.openclaw/agents/main/agent/auth-profiles.json',
    '{"profiles":{"minimax:a":{"provider":"minimax","keyRef":{"source":"env","id":"MINIMAX_API_KEY"}}}}',
  ],
])('passes by %s: %s', async (path, text) => {
  const stage = createDoctorStage();
  stage.write(path, text);
  expect(await found(stage)).toEqual([]);
});

it('OpenClaw’s database: only that login, and its pages', async () => {
  const stage = createDoctorStage();
  const file = join(stage.write('.openclaw/agents/main/agent/x', ''), '..', 'openclaw-agent.sqlite');
  const db = new DatabaseSync(file);
  db.exec(
    'PRAGMA journal_mode = WAL; CREATE TABLE auth_profile_store (store_key TEXT, store_json TEXT, updated_at INT)',
  );
  const profiles = {
    'minimax:default': { type: 'api_key', provider: 'minimax', key: `${plainKey}-${'x'.repeat(3_000)}` },
    'other:a': { type: 'api_key', provider: 'other', key: 'another-tools-key' },
  };
  db.prepare('INSERT INTO auth_profile_store VALUES (?, ?, 1)').run(
    'main',
    JSON.stringify({ version: 1, profiles }),
  );
  db.close();
  expect(await scrub(stage)).toEqual([expect.stringContaining('1 secret is removed from ')]);
  const bytes = readFileSync(file, 'latin1');
  expect(bytes).not.toContain(plainKey);
  expect(bytes).toContain('another-tools-key');
});
