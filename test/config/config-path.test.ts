// Paths as text: what is printed can be read again, also after a shell has taken its quotes.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePath, pathText, shellPath, type ConfigPath } from '../../src/config/config-path.ts';
import { isOpenClawError } from '../../src/errors.ts';

describe('a path', () => {
  it.each<[string, ConfigPath]>([
    ['agents.defaults.model.primary', ['agents', 'defaults', 'model', 'primary']],
    [
      'agents.defaults.models["minimax/MiniMax-M3"].alias',
      ['agents', 'defaults', 'models', 'minimax/MiniMax-M3', 'alias'],
    ],
    [
      "agents.defaults.models['minimax/MiniMax-M3'].alias",
      ['agents', 'defaults', 'models', 'minimax/MiniMax-M3', 'alias'],
    ],
    [
      'agents.defaults.models[minimax/MiniMax-M2.1].alias',
      ['agents', 'defaults', 'models', 'minimax/MiniMax-M2.1', 'alias'],
    ],
    ['models.providers.minimax.models[0].id', ['models', 'providers', 'minimax', 'models', 0, 'id']],
    ['models.providers.minimax.models.0.id', ['models', 'providers', 'minimax', 'models', '0', 'id']],
    ['auth.order.minimax-portal[ 1 ]', ['auth', 'order', 'minimax-portal', 1]],
    ['["a.b"]["c\\"d"]', ['a.b', 'c"d']],
    ['env.NAME_1', ['env', 'NAME_1']],
  ])('%s is read', (text, path) => {
    expect(parsePath(text)).toEqual(path);
  });

  it.each([
    ['', 'it is empty'],
    ['a.', 'it ends with a dot (at character 2)'],
    ['.a', 'a key is missing'],
    ['a..b', 'a key is missing between two dots (at character 2)'],
    ['a[0', 'a ] is missing (at character 2)'],
    ['a[]', 'what is in the brackets'],
    ['a["b]', 'what is in the brackets'],
    ['a[0]b', 'stand in ["…"]'],
    ['a b', 'stand in ["…"]'],
    ['a"b"', 'stand in ["…"]'],
  ])('%j is refused: %s', (text, reason) => {
    try {
      parsePath(text);
      expect.unreachable();
    } catch (error) {
      expect(isOpenClawError(error) && error.code).toBe('USAGE');
      expect(String(error)).toContain(reason);
      expect(isOpenClawError(error) && error.remedy).toContain('For example: `openclaw config get');
    }
  });

  it('that splits a key at its dot is told how the key is kept whole', () => {
    const attempt = (): unknown => parsePath('agents.defaults.models.minimax/MiniMax-M2.1.alias');
    expect(attempt).toThrow('splits a key');
    try {
      attempt();
    } catch (error) {
      expect(isOpenClawError(error) && error.remedy).toContain(
        `'agents.defaults.models["minimax/MiniMax-M2.1"].alias'`,
      );
    }
  });

  it('is printed so that it can be read again', () => {
    const part = fc.oneof(
      fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }).filter((text) => text.isWellFormed()),
      fc.constantFrom(
        'a.b',
        '0',
        '12',
        'a]b',
        '\\',
        '"',
        "'",
        'über',
        '\u202e',
        '\u001b[31m',
        '  ',
        'a  b',
        '\n',
        '__proto__',
      ),
      fc.nat(100),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (path) => {
        const text = pathText(path);
        expect(parsePath(text)).toEqual(path);
        expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
      }),
    );
  });

  it('is one word of a shell', () => {
    expect(shellPath(['gateway', 'port'])).toBe('gateway.port');
    expect(shellPath(['a', "it's"])).toBe(`'a["it'\\''s"]'`);
  });
});
