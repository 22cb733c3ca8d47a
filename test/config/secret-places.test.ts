// What of a configuration is shown and what becomes dots.
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../src/config/json5-document.ts';
import { changedLines, maskedText } from '../../src/config/masked-text.ts';
import { parsePath } from '../../src/config/config-path.ts';
import { mask, masked } from '../../src/config/secret-places.ts';

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
  ])('%s: %j as %j', (path, value, shown) => {
    expect(masked(value, parsePath(path))).toEqual(shown);
  });

  it('is the text with dots in it', () => {
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
