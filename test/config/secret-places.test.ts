// What of a configuration is shown and what becomes dots.
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../src/config/json5-document.ts';
import { changedLines, maskedText } from '../../src/config/masked-text.ts';
import { maskedLine } from '../../src/config/masked-line.ts';
import { openClawKeys } from '../../src/config/openclaw-keys.ts';
import { parsePath, pathText } from '../../src/config/config-path.ts';
import { masked } from '../../src/config/secret-places.ts';
import { mask } from '../../src/config/secret-text.ts';

describe('shown', () => {
  it.each([
    ['models.providers.lab.apiKey', 'literal-text', mask],
    ['models.providers.lab.apiKey', '${LAB_KEY}', '${LAB_KEY}'],
    ['models.providers.lab.apiKey', '$${LAB_KEY}', mask],
    ['models.providers.lab.apiKey', 'sk-${LAB_KEY}', mask],
    ['models.providers.lab.apiKey', '', ''],
    ['models.providers.lab.apiKey', 12_345, mask],
    ['models.providers.lab.apiKey.id', 'LAB_KEY', 'LAB_KEY'],
    ['models.providers.lab.apiKey.value', 'literal-text', mask],
    ['models.providers.token.baseUrl', 'https://x.test', 'https://x.test'],
    ['models.providers.lab.baseUrl', 'https://ann:pass@x.test', mask],
    ['models.providers.lab.baseUrl', 'https://x.test/v1?api_key=short', mask],
    ['models.providers.lab.baseUrl', 'https://x.test/v1?a=1&access-token=short#x', mask],
    [
      'models.providers.lab.baseUrl',
      'https://x.test/v1?api_key=${LAB_KEY}',
      'https://x.test/v1?api_key=${LAB_KEY}',
    ],
    ['models.providers.lab.baseUrl', 'https://x.test/v1?api_key=&v=2', 'https://x.test/v1?api_key=&v=2'],
    ['models.providers.lab.baseUrl', 'https://short@x.test/v1', mask],
    ['models.providers.lab.headers.Authorization', 'Bearer abc', mask],
    ['models.providers.lab.headers.Authorization', 'Bearer ${LAB_KEY}', 'Bearer ${LAB_KEY}'],
    ['models.providers.lab.headers.x-api-key', 'abc', mask],
    ['models.providers.lab.headers.accept', 'text/html', 'text/html'],
    ['models.providers.lab.headers.accept', 'sk-cp-4f9d2b7a', mask],
    ['models.providers.lab.models[0].id', 'claude-haiku-4-5-20251001', 'claude-haiku-4-5-20251001'],
    ['models.providers.lab.models[0].maxTokens', 8192, 8192],
    ['models.providers.lab.localService.env.X', 'abc', mask],
    ['gateway.auth.token', 'abc', mask],
    ['gateway.auth.password', 'abc', mask],
    ['gateway.auth.mode', 'token', 'token'],
    ['env.ANYTHING', 'abc', mask],
    ['env.vars.ANYTHING', 'abc', mask],
    ['env.vars', { A: 'abc', B: '${C}' }, { A: mask, B: '${C}' }],
    ['env.shellEnv', { enabled: true }, { enabled: true }],
    ['channels.telegram.botToken', 'abc', mask],
    ['agents.defaults.model', 'minimax/MiniMax-M2.1-lightning', 'minimax/MiniMax-M2.1-lightning'],
    ['agents.defaults.workspace', 'eyJhbGciOiJIUzI1NiJ9.e30', mask],
    ['env.shellEnv.timeoutMs', 15_000, 15_000],
    ['env.shellEnv', { timeoutMs: 1, x: 'sk-cp-4f9d2b7a' }, { timeoutMs: 1, x: mask }],
    ['secrets.providers.env', { source: 'env', path: '/x', n: 5 }, { source: 'env', path: '/x', n: 5 }],
    ['channels.slack.channels["#secret-santa"].systemPrompt', 'Be kind.', 'Be kind.'],
    ['plugins.installs["1password"].version', '1.2.0', '1.2.0'],
    ['tools.exec.safeBinProfiles.pass.maxPositional', 2, 2],
    [
      'x.apiKeys',
      { main: 'abc', list: ['abc', 12], type: 'own' },
      { main: mask, list: [mask, mask], type: 'own' },
    ],
    ['x.creds.main', 'abc', mask],
    ['x.token', { current: 'abc', label: 'abc' }, { current: mask, label: 'abc' }],
    ['x.basicAuth', 'user:pass', mask],
    ['mcp.servers.env.command', 'npx', 'npx'],
    ['mcp.servers.x.env.FOO', 'abc', mask],
    ['x.note', 'q7Rm2xV9tB4kZ8nL3wY6pD1s', mask],
    ['x.signingKey[0]', 'abc', mask],
    ['x.budget.tokens', { max: 4096 }, { max: 4096 }],
    [
      'models.providers.lab.models[0].id',
      'deepseek_r1_distill_qwen_32b_awq',
      'deepseek_r1_distill_qwen_32b_awq',
    ],
    ['models.providers.lab.models[0].id', 'mixtral8x7binstructv0awqgptq4', 'mixtral8x7binstructv0awqgptq4'],
    ['models.providers.lab.models[0].name', 'hf-router1-model', 'hf-router1-model'],
    ['models.providers.lab.models[0].id', 'sk-cp-4f9d2b7a', mask],
    ['agents.defaults.model', 'lab/mixtral8x7binstructv0awqgptq4', 'lab/mixtral8x7binstructv0awqgptq4'],
    ['agents.defaults.model.fallbacks', ['lab/hf-router1', 'lab/sk-cp-4f9d2b7a'], ['lab/hf-router1', mask]],
    ['x.note', 'a_folder_of_words_and_no_key_32b', 'a_folder_of_words_and_no_key_32b'],
    [
      'x.args',
      [
        '--api-key=hunter2hunter2',
        '--token',
        'hunter3hunter3',
        '--token',
        '${X}',
        '--key',
        '--max-tokens=4096',
      ],
      [mask, '--token', mask, '--token', '${X}', '--key', '--max-tokens=4096'],
    ],
    ['x.command', 'export GH_TOKEN=hunter4hunter4', mask],
    [
      'x.command',
      'export GH_TOKEN=$OTHER; a --token=<yours> --token-file=/run/x',
      'export GH_TOKEN=$OTHER; a --token=<yours> --token-file=/run/x',
    ],
    ['x.prompt', 'Choose key=value, and tokens=4096.', 'Choose key=value, and tokens=4096.'],
    ['x.url', 'https://x.test/?routing_key=hunter5', mask],
  ])('%s: %j as %j', (path, value, shown) => {
    expect(masked(value, parsePath(path))).toEqual(shown);
  });

  it.each([
    'apiKeys tokens signingKey encryptionKey sessionKey pass pw creds credentials password2 accessToken2',
    'clientSecretValue otp bearer psk privateKeyPem api_key apikey MYPASSWORD smtpPass ACCESS_TOKEN_2 cookies key',
    'routingKey userKey storageKey basicAuth cardKey',
  ])('is no value of %s', (names) => {
    for (const name of names.split(' ')) {
      expect([name, masked('abc', ['channels', 'x', name])]).toEqual([name, mask]);
      expect([name, masked(['abc', 12], ['channels', 'x', name])]).toEqual([name, [mask, mask]]);
    }
  });

  it.each([
    'maxTokens contextTokens max_tokens maxOutputTokens softThresholdTokens reserveTokensFloor tokensPerMinute',
    'tokenizer keepAlive primaryKey publicKey mainKey hotkey keyPath tokenFile tokenUrl authorizationUrl cookieName',
    'cookieDomain cookieSameSite pinTimeout credentialHelper apiKeyHelper tokenSplit sectionKey i18nKey stopTokens',
    'specialTokens basicAuthUrl',
    'passthrough bypass compass monkey secretary accessKeyId keyBindings tokenType',
  ])('is every value of %s', (names) => {
    for (const name of names.split(' ')) {
      expect([name, masked('abc', ['channels', 'x', name])]).toEqual([name, 'abc']);
      expect([name, masked(12, ['channels', 'x', name])]).toEqual([name, 12]);
    }
  });

  it('is every value under the keys that OpenClaw documents but three', () => {
    const names = [...new Set(Object.values(openClawKeys).flat())];
    expect(names.filter((name) => masked('abc', ['x', name]) === mask)).toEqual([
      'secrets',
      'apiKey',
      'token',
      'password',
    ]);
    expect(masked('abc', ['secrets', 'defaults', 'env'])).toBe('abc');
    expect(masked(400, ['agents', 'defaults', 'memorySearch', 'chunking', 'tokens'])).toBe(400);
    expect(masked('x', ['models', 'providers', 'lab', 'apiKeys', 0, 'id'])).toBe('x');
  });

  it('is no secret that stands where a name belongs', () => {
    const key = 'sk-cp-SECRETzz0051abcdef';
    const value = {
      [key]: { a: 1 },
      'sk-other-1234567890ab': 2,
      'hf-inference': 3,
      'lab/hf-qwen2.5-7b': 4,
      'hf-router1': 5,
      'tok-x1': 6,
      'sk-x1': 7,
    };
    expect(masked(value, ['models', 'providers'])).toEqual({
      [mask]: { a: 1 },
      [`${mask} (2)`]: 2,
      'hf-inference': 3,
      'lab/hf-qwen2.5-7b': 4,
      'hf-router1': 5,
      'tok-x1': 6,
      'sk-x1': 7,
    });
    expect(pathText(['models', 'providers', key, 'api'])).toBe(`models.providers["${mask}"].api`);
    expect(pathText(parsePath('x.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'))).not.toMatch(/eyJ|c2ln/);
    expect(pathText(['env', 'A_VERY_LONG_NAME_OF_A_VARIABLE_2'])).toBe(
      'env.A_VERY_LONG_NAME_OF_A_VARIABLE_2',
    );
    expect(() => parsePath(`models.${key} x`)).toThrow(`"models.${mask} x"`);
    expect(maskedText(parseDocument(`{ '${key}': 1 }`, 'x'))).toBe(`{ "${mask}": 1 }`);
    expect(maskedLine(`"${key}": x`, { line: 1, column: 1 })).not.toContain('SECRET');
  });

  it('is the text with dots in it', () => {
    const listed = parseDocument('{ args: ["--token", "hunter2", "x"] } // GH_TOKEN=hunter4', 'x');
    expect(maskedText(listed)).toBe(`{ args: ["--token", "${mask}", "x"] } //"${mask}"`);
    const text = `{
  // once: sk-cp-4f9d2b7a1c8e
  env: { KEY: 'hidden' /* tok_55ghj2x */ },
  gateway: { port: 18789, auth: { token: "hidden" } }, // mine
}`;
    const shown = maskedText(parseDocument(text, 'openclaw.json'));
    expect(shown).toBe(`{
  //"${mask}"
  env: { KEY: "${mask}" /*"${mask}"*/ },
  gateway: { port: 18789, auth: { token: "${mask}" } }, // mine
}`);
  });

  it.each([
    ['a\nb\nc', 'a\nx\nc', ['-2b', '+2x']],
    ['a\nb', 'a\nb\nc', ['+3c']],
    ['a\nb\nc', 'a\nc', ['-2b']],
    ['a', 'a', []],
    ['a\na', 'a', ['-2a']],
  ])('are the lines by which %j and %j differ', (before, after, lines) => {
    expect(changedLines(before, after).map(({ sign, line, text }) => `${sign}${line}${text}`)).toEqual(lines);
  });
});
