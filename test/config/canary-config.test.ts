// A configuration that is broken at any place says none of the secrets in it.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { checkConfigText } from '../../src/config/load.ts';
import { createSearch } from '../support/canaries.ts';
import { everythingSaid } from '../support/everything-said.ts';

const secrets = { first: 'sk-live-4f2a', second: '9c-b81e_x7', third: 'Zq8vPw3kLm', fourth: 'tok_55ghj2' };
const text = `{
  env: { KEY: "${secrets.first}", vars: { 'OTHER': '${secrets.second}' } },
  models: { providers: { lab: { baseUrl: "https://lab.example/v1", apiKey: "${secrets.third}", models: [] } } },
  gateway: { port: 18789, auth: { token: '${secrets.fourth}' } },
}`;

function failureOf(broken: string): unknown {
  try {
    checkConfigText(broken, '/home/someone/openclaw.json');
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('no secret in the complaint about', () => {
  const search = createSearch(secrets);
  const everywhere = Array.from({ length: text.length / 2 }, (_, index) => 2 * index);

  it.each([
    ['a character less', (at: number) => text.slice(0, at) + text.slice(at + 1)],
    ['a quote more', (at: number) => `${text.slice(0, at)}"${text.slice(at)}`],
    ['a brace more', (at: number) => `${text.slice(0, at)}{${text.slice(at)}`],
    ['a line break more', (at: number) => `${text.slice(0, at)}\n${text.slice(at)}`],
    ['an end', (at: number) => text.slice(0, at)],
  ])('%s, anywhere', (_what, broken) => {
    const results = everywhere.map((at) => failureOf(broken(at)));
    expect(results.filter((result) => result instanceof Error).length).toBeGreaterThan(30);
    const said = Buffer.from(
      results
        .map((result) => `${inspect(result, { depth: 20, showHidden: true })} ${JSON.stringify(result)}`)
        .join('\n'),
    );
    expect(search(said)).toEqual([]);
  });

  it.each(['env', 'models', 'gateway'])('a wrong type under %s', (section) => {
    const said = everythingSaid(
      failureOf(text.replace(`${section}: {`, `${section}: ["${secrets.first}"], x: {`)),
    );
    expect(search(Buffer.from(said))).toEqual([]);
  });
});
