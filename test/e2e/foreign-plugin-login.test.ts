// Logging in by plugins of other makers: those of the older contract, which know of no second step, and those that give
// back what is no login. Whatever they do, the program says whose defect it is.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHome, type Home } from '../support/cli-process.ts';
import { writePlugin } from '../support/plugin-folder.ts';

const args = ['onboard', '--non-interactive', '--auth-choice', 'lab-key'];
const complete = ['onboard', '--non-interactive', '--complete'];

const login = `{ profiles: [{ profileId: 'lab:a', credential: { type: 'api_key', provider: 'lab', key: 'K' } }] }`;
const prompt = `{ userCode: 'AB\\u001b[31m', verificationUrl: 'https://lab.example/\\u001b[2J', trusted: false,
  expiresInMs: 60_000, regionLabel: 'R', host: 'lab.example', providerLabel: 'Lab' }`;
const begun = (pending: string, profileId = 'lab:a'): string =>
  `async start() { return { pending: ${pending}, profileId: '${profileId}', prompt: ${prompt} }; }`;

function homeWith(functions: string): Home {
  const home = createHome();
  const code = `export default { id: 'lab', name: 'N', description: 'D', register(api) {
    api.registerProvider({ id: 'lab', label: 'Lab', auth: [{ id: 'key', label: 'Key', kind: 'custom', ${functions} }] });
  } };`;
  const choice = { provider: 'lab', method: 'key', choiceId: 'lab-key', choiceLabel: 'Lab' };
  const manifest = { providers: ['lab'], providerAuthChoices: [choice] };
  const folder = writePlugin(join(home.folder, 'plugins'), { id: 'lab', manifest, code });
  home.writeConfig({ plugins: { load: { paths: [folder] } } });
  return home;
}

const errorOf = async (home: Home, words: string[]) => (await home.json(words)).value['error'];

describe('a plugin of another maker', () => {
  it('of the older contract logs in in one step, and says that it has no two', async () => {
    const home = homeWith(`async run() {}, async runNonInteractive() { return ${login}; }`);
    expect(await errorOf(home, [...args, '--start'])).toMatchObject({ code: 'USAGE' });
    expect(await home.json(args)).toMatchObject({ code: 0, value: { profile: { id: 'lab:a' } } });
  });

  it('logs in in two steps, and nothing that it names steers the terminal', async () => {
    const home = homeWith(`async run() {}, ${begun('{ a: 1 }')}, async complete() { return ${login}; }`);
    for (const more of [[], ['--json']]) {
      const { code, stdout } = await home.run([...args, '--start', ...more]);
      expect(code).toBe(0);
      for (const escape of ['\u001b', String.raw`\u001b`]) expect(stdout).not.toContain(escape);
    }
    expect(await home.json(complete)).toMatchObject({ code: 0, value: { profile: { id: 'lab:a' } } });
  });

  it.each([
    ['nothing', 'async start() {}'],
    ['what is no JSON', begun('{ a: 1n }')],
    ['the login of another', begun('{ a: 1 }', 'other:a')],
    ['a name that is none', begun('{ a: 1 }', 'lab:a; rm')],
    ['an error', `async start() { throw new TypeError('no'); }`],
  ])('is named when it begins with %s', async (_, start) => {
    const home = homeWith(`async run() {}, ${start}`);
    expect(await errorOf(home, [...args, '--start'])).toMatchObject({ code: 'PLUGIN_FAILED' });
    expect(await errorOf(home, complete)).toMatchObject({ code: 'LOGIN_NOT_STARTED' });
  });

  it.each([
    ['nothing', ''],
    ['a name without a login', `return { profiles: [{ profileId: 'lab:a' }] };`],
    ['an error', `throw new TypeError('no');`],
  ])('is named when it ends with %s', async (_, end) => {
    const home = homeWith(
      `async run() {}, async runNonInteractive() { ${end} }, ${begun('{ a: 1 }')}, async complete() { ${end} }`,
    );
    expect(await errorOf(home, args)).toMatchObject({ code: 'PLUGIN_FAILED' });
    expect((await home.json([...args, '--start'])).code).toBe(0);
    expect(await errorOf(home, complete)).toMatchObject({ code: 'PLUGIN_FAILED' });
  });
});
