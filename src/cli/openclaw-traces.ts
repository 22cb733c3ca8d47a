// Whether OpenClaw itself uses the same folder: then its file and its logins are as good as shared, and a person should
// know what is left alone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app.ts';
import { openClawMarks } from '../config/openclaw-keys.ts';
import type { Tree } from '../config/tree.ts';
import type { Output } from './command-context.ts';

/** What was seen of it. */
export function openClawTraces(stateDir: string, raw: Tree): string[] {
  return [
    ...(existsSync(join(stateDir, 'state', 'openclaw.sqlite')) ? ['state/openclaw.sqlite'] : []),
    ...openClawMarks.filter((key) => Object.hasOwn(raw, key)).map((key) => `${key} in openclaw.json`),
  ];
}

export function tellOpenClawTraces(app: App, output: Output): void {
  const traces = openClawTraces(app.paths.stateDir, app.config().raw);
  if (traces.length === 0) return;
  const message = `OpenClaw itself uses ${app.paths.stateDir}, too (${traces.join(', ')}): openclaw.json gets only keys that it knows, and its own logins are left alone.`;
  output.note(message, { event: 'openclaw_found', message });
}
