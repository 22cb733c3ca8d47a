// Writes a plugin to disk: its manifest and the code that a test gives it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type WrittenPlugin = {
  id: string;
  manifest?: Record<string, unknown>;
  /** The whole manifest as text, also when it is broken. */
  manifestText?: string;
  code?: string;
  entry?: string;
};

/** Code of a plugin that registers one provider; `more` is added to the provider. */
export function pluginCode(id: string, providerId: string, more = ''): string {
  return `export default {
    id: ${JSON.stringify(id)}, name: 'N', description: 'D',
    register(api) {
      api.registerProvider({
        id: ${JSON.stringify(providerId)}, label: 'L',
        auth: [{ id: 'key', label: 'Key', kind: 'api_key', async run() { return { profiles: [] }; } }],
        ${more}
      });
    },
  };`;
}

/** Returns the plugin's folder, `<parent>/<id>`. */
export function writePlugin(parent: string, plugin: WrittenPlugin): string {
  const folder = join(parent, plugin.id);
  mkdirSync(folder, { recursive: true });
  const manifest = { id: plugin.id, configSchema: { type: 'object' }, ...plugin.manifest };
  writeFileSync(join(folder, 'openclaw.plugin.json'), plugin.manifestText ?? JSON.stringify(manifest));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  if (plugin.code !== undefined) writeFileSync(join(folder, plugin.entry ?? 'index.js'), plugin.code);
  return folder;
}
