// Whether OpenClaw itself uses the same folder: then its file and its logins are as good as shared, and a person should
// know what is left alone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app.ts';
import type { Output } from './command-context.ts';

/** What was seen of it. */
export function openClawTraces(app: App): string[] {
  const database = join('state', 'openclaw.sqlite');
  return [
    ...(existsSync(join(app.paths.stateDir, database)) ? [database] : []),
    ...['meta', 'wizard']
      .filter((key) => Object.hasOwn(app.config().raw, key))
      .map((key) => `${key} in openclaw.json`),
  ];
}

export function tellOpenClawTraces(app: App, output: Output): void {
  const traces = openClawTraces(app);
  if (traces.length === 0) return;
  const message = `OpenClaw itself uses ${app.paths.stateDir}, too (${traces.join(', ')}): openclaw.json gets only keys that it knows, and its own logins are left alone.`;
  output.note(message, { event: 'openclaw_found', message });
}
