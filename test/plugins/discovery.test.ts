// Which plugins are found on disk, in which order, and how a broken one is told.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { discoverPlugins, type DiscoveredPlugin } from '../../src/plugins/discovery.ts';
import { pluginCode, writePlugin } from '../support/plugin-folder.ts';
import { tempFolder } from '../support/temp-folder.ts';

function discover(root: string, paths: string[] = []): DiscoveredPlugin[] {
  return discoverPlugins({
    config: { config: { plugins: { load: { paths } } }, file: join(root, 'openclaw.json') },
    extensionsUrl: pathToFileURL(join(root, 'extensions')),
    homeDir: root,
  });
}

const seen = (plugins: DiscoveredPlugin[]): string[] =>
  plugins.map(
    (plugin) => `${plugin.origin} ${plugin.id} ${'error' in plugin ? plugin.error.message : plugin.entry}`,
  );

describe('discoverPlugins', () => {
  it('finds nothing where there is nothing', () => {
    expect(discover(tempFolder())).toEqual([]);
  });

  it('finds bundled plugins by their manifests, and passes by what is none', () => {
    const root = tempFolder();
    const extensions = join(root, 'extensions');
    const second = writePlugin(extensions, { id: 'second', code: pluginCode('second', 'x') });
    const first = writePlugin(extensions, { id: 'first', code: '', entry: 'index.ts' });
    writeFileSync(join(first, 'index.js'), '');
    mkdirSync(join(extensions, 'no-plugin'));
    writeFileSync(join(extensions, 'a-file'), '');
    expect(seen(discover(root))).toEqual([
      `bundled first ${join(first, 'index.ts')}`,
      `bundled second ${join(second, 'index.js')}`,
    ]);
  });

  it('finds those of the configuration: a plugin, a folder of plugins, relative to the file or to home', () => {
    const root = tempFolder();
    const one = writePlugin(root, { id: 'one', code: '' });
    writeFileSync(join(one, 'index.ts'), '');
    const two = writePlugin(join(root, 'many'), { id: 'two', code: '' });
    const three = writePlugin(join(root, 'many'), { id: 'three', code: '' });
    expect(seen(discover(root, ['./one', '~/many']))).toEqual([
      `config one ${join(one, 'index.js')}`,
      `config three ${join(three, 'index.js')}`,
      `config two ${join(two, 'index.js')}`,
    ]);
  });

  it('lists what is broken with its reason, beside the others', () => {
    const root = tempFolder();
    const extensions = join(root, 'extensions');
    writePlugin(extensions, { id: 'bad-json', manifestText: '{', code: '' });
    writePlugin(extensions, { id: 'no-code' });
    const good = writePlugin(extensions, { id: 'good', code: '' });
    const twin = join(root, 'twin');
    writePlugin(twin, { id: 'good', code: '' });
    mkdirSync(join(root, 'empty'));
    expect(seen(discover(root, ['empty', 'missing', 'twin']))).toEqual([
      `bundled bad-json ${join(extensions, 'bad-json', 'openclaw.plugin.json')}: it is not JSON.`,
      `bundled good ${join(good, 'index.js')}`,
      `bundled no-code ${join(extensions, 'no-code')}: there is no index.js or index.ts in it.`,
      `config empty ${join(root, 'empty')}: there is no openclaw.plugin.json in it.`,
      `config missing ${join(root, 'missing')}: plugins.load.paths names a folder that is not there.`,
      `config good ${join(twin, 'good')}: its id good is taken by ${good}.`,
    ]);
  });

  it('runs no plugin code', () => {
    const root = tempFolder();
    writePlugin(join(root, 'extensions'), {
      id: 'loud',
      code: 'globalThis.ranAtDiscovery = true; throw new Error();',
    });
    expect(discover(root)).toHaveLength(1);
    expect('ranAtDiscovery' in globalThis).toBe(false);
  });
});
