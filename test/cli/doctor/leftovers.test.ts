// Credentials that other tools keep in plain text: found by their shapes, taken out without touching anything else, and
// never shown.
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
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
    '.mmx/config.yaml',
    `region: cn\r\napi_key: |\r\n  ${plainKey}\r\n\r\ntimeout: 5\r\n`,
    'region: cn\r\n\r\ntimeout: 5\r\n',
    'an API key',
  ],
  [
    '.claude/settings.json',
    `\ufeff{"env":{"ANTHROPIC_BASE_URL":"https://api.minimax.io/anthropic","ANTHROPIC_API_KEY":"${plainKey}"}}`,
    '\ufeff{"env":{"ANTHROPIC_BASE_URL":"https://api.minimax.io/anthropic"}}',
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
  ['.mmx/config.yaml', 'api_key: ""\nregion: cn\n'],
  ['.mmx/config.yaml', 'api_key: "${MINIMAX_API_KEY}" # from outside\n'],
  ['.mmx/config.yaml', `api_key:\nother_key: ${plainKey}\n`],
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

describe('OpenClaw’s database', () => {
  const other = { type: 'api_key', provider: 'other', key: 'another-tools-key' };
  const long = (key: string): string => `${key}-${'x'.repeat(3_000)}`;
  const profilesWith = (key: string): string =>
    JSON.stringify({ version: 1, profiles: { 'minimax:default': { provider: 'minimax', key }, other } });

  /** With a login, and one that was taken out by somebody who left its pages as they were. */
  function createDatabase(stage: DoctorStage, mode: 'WAL' | 'DELETE' = 'WAL') {
    const file = join(stage.write('.openclaw/agents/main/agent/x', ''), '..', 'openclaw-agent.sqlite');
    const db = new DatabaseSync(file);
    onTestFinished(() => {
      if (db.isOpen) db.close();
    });
    db.exec(
      `PRAGMA journal_mode = ${mode}; CREATE TABLE auth_profile_store (store_key TEXT, store_json TEXT, updated_at INT)`,
    );
    const insert = db.prepare('INSERT INTO auth_profile_store VALUES (?, ?, 1)');
    insert.run('former', profilesWith(long(plainKey)));
    db.exec('DELETE FROM auth_profile_store');
    insert.run('main', profilesWith(long(plainKey)));
    const bytes = (): string =>
      [file, `${file}-wal`].map((path) => (existsSync(path) ? readFileSync(path, 'latin1') : '')).join('');
    return { file, db, insert, bytes };
  }

  it.each(['WAL', 'DELETE'] as const)('only that login, and every page that held one (%s)', async (mode) => {
    const stage = createDoctorStage();
    const { db, bytes } = createDatabase(stage, mode);
    db.close();
    expect(await scrub(stage)).toEqual([expect.stringContaining('1 secret is removed from ')]);
    expect(bytes()).not.toContain(plainKey);
    expect(bytes()).toContain('another-tools-key');
  });

  it('every other byte of a row stays, and a look leaves nothing beside the file', async () => {
    const stage = createDoctorStage();
    const { file, db, insert } = createDatabase(stage);
    const rest = '"other": { "provider": "other", "n": 12345678901234567890, "m": 1.0 }';
    insert.run(
      'spaced',
      `{ "profiles": { "minimax:a": {"provider": "minimax", "key": "${plainKey}"}, ${rest} } }`,
    );
    db.close();
    expect(await found(stage)).toHaveLength(1);
    expect(['-wal', '-shm'].filter((end) => existsSync(`${file}${end}`))).toEqual([]);
    await scrub(stage);
    const after = new DatabaseSync(file, { readOnly: true });
    const row = after.prepare(`SELECT store_json FROM auth_profile_store WHERE store_key = 'spaced'`).get();
    after.close();
    expect(row).toEqual({ store_json: `{ "profiles": { ${rest} } }` });
  });

  it('stays as it is while another program has it open, which is no success', async () => {
    const stage = createDoctorStage();
    const { db, bytes } = createDatabase(stage);
    const { signal } = new AbortController();
    const options = { ask: undefined, scrub: true, signal };
    const mended = await mendAll(await found(stage), options, () => undefined);
    expect(mended).toMatchObject([{ done: false, failed: true }]);
    expect(mended[0]?.text).toContain('stop OpenClaw, then run `openclaw doctor --fix` again');
    expect(await found(stage)).toHaveLength(1);
    db.close();
    await scrub(stage);
    expect(bytes()).not.toContain(plainKey);
  });

  it('a row and a file that are broken keep nothing else from being found', async () => {
    const stage = createDoctorStage();
    const { db, insert, bytes } = createDatabase(stage);
    insert.run('odd', 'this is no JSON');
    db.close();
    stage.write('.openclaw/state/openclaw.sqlite', 'this is no database '.repeat(50));
    stage.write('.mmx/config.json', JSON.stringify({ api_key: plainKey }));
    const severities = async () => (await found(stage)).map(({ severity }) => severity).sort();
    expect(await severities()).toEqual(['info', 'info', 'warning', 'warning']);
    const { signal } = new AbortController();
    await mendAll(await found(stage), { ask: undefined, scrub: true, signal }, () => undefined);
    expect(await severities()).toEqual(['info', 'info']);
    expect(bytes()).not.toContain(plainKey);
    expect(bytes()).toContain('this is no JSON');
  });
});

it('what somebody else has removed meanwhile is not counted as removed', async () => {
  const stage = createDoctorStage();
  stage.write('.mmx/config.json', JSON.stringify({ api_key: plainKey }));
  const { signal } = new AbortController();
  const options = { ask: undefined, scrub: true, signal };
  const findings = await found(stage);
  await mendAll(findings, options, () => undefined);
  const again = await mendAll(findings, options, () => undefined);
  expect(again.map(({ text }) => text)).toEqual([
    expect.stringContaining('Nothing was left to remove from '),
  ]);
});
