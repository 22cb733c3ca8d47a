// Loads a configuration from its text, as if it stood in a file of its own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts';
import type { Env } from '../../src/platform/env.ts';
import { tempFolder } from './temp-folder.ts';

export function loadText(text: string, env: Env = {}, dotenv?: string): LoadedConfig {
  const folder = tempFolder();
  const file = join(folder, 'openclaw.json');
  writeFileSync(file, text);
  if (dotenv !== undefined) writeFileSync(join(folder, '.env'), dotenv);
  return loadConfig({ file, env, dotenvFile: join(folder, '.env') });
}
