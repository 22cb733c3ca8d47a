// Secrets in plain text in openclaw.json, and in the copy of its former text that every change leaves beside it. Nothing is
// changed in openclaw.json itself; of a copy the values may go, or the whole when it cannot be read and a person says so.
import { readFileSync, rmSync } from 'node:fs';
import { pathText, type ConfigPath } from '../../config/config-path.ts';
import { editText } from '../../config/edit-text.ts';
import { parseDocument, type Json5Document } from '../../config/json5-document.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { variableFor } from '../../config/secret-variable.ts';
import type { Tree } from '../../config/tree.ts';
import { isOpenClawError } from '../../errors.ts';
import { replaceFile } from '../../platform/replace-file.ts';
import { look, unlessHidden } from './file-look.ts';
import { shown, type Finding } from './finding.ts';
import { hasQuotedSecret, plainSecrets } from './plain-secrets.ts';

export function judgeSecrets({
  raw,
  file,
  placeOf,
}: Pick<LoadedConfig, 'raw' | 'file' | 'placeOf'>): Finding[] {
  return plainSecrets(raw).map((path) => ({
    id: 'config.secret',
    severity: severityOf(path),
    text: `${shown(file)}:${placeOf(path).line}: ${pathText(path)} holds a secret in plain text.`,
    remedy: secretRemedy(path),
  }));
}

function severityOf(path: ConfigPath): 'info' | 'warning' {
  return path[0] === 'gateway' ? 'info' : 'warning';
}

/** `current`: the configuration, whose own secrets each change would put into the copy again. */
export function judgeBackup(file: string, current: Tree): Finding[] {
  const text = readIfFile(file);
  if (text === undefined) return [];
  const place = shown(file);
  const document = parsedOrNothing(text, file);
  if (document === undefined) return hasQuotedSecret(text) ? [unreadableBackup(file)] : [];
  const known = new Set(plainSecrets(current).map(pathText));
  const paths = plainSecrets(document.value).filter((path) => !known.has(pathText(path)));
  const [first] = paths;
  if (first === undefined) return [];
  const names = paths.map(pathText).join(', ');
  return [
    {
      id: 'config.secret',
      severity: paths.some((path) => severityOf(path) === 'warning') ? 'warning' : 'info',
      text: `${place}:${document.placeOf(first).line}: the former text of the configuration still holds ${paths.length === 1 ? 'a secret' : 'secrets'} in plain text: ${names}.`,
      remedy: 'Take it out of that copy: `openclaw doctor --fix` asks first.',
      fix: {
        kind: 'scrub',
        does: `Remove ${names} from ${place}`,
        run: () => scrubBackup(file, paths),
      },
    },
  ];
}

function unreadableBackup(file: string): Finding {
  const place = shown(file);
  return {
    id: 'config.secret',
    severity: 'warning',
    text: `${place}, a former text of the configuration that does not parse, holds what looks like a secret in plain text.`,
    remedy:
      'Look at it, and remove that copy: `openclaw doctor --fix` asks first. It is not done without a question, not even with --scrub: what else is in it cannot be told.',
    fix: {
      kind: 'discard',
      does: `Remove ${place}`,
      run: () => {
        rmSync(file, { force: true });
        return `${place} is removed`;
      },
    },
  };
}

function scrubBackup(file: string, paths: readonly ConfigPath[]): string {
  const before = readFileSync(file, 'utf8');
  // From behind: what stands in a list moves up when one before it goes.
  const edits = paths.toReversed().map((path) => ({ path, value: undefined }));
  const after = editText(before, edits, file);
  const left = new Set(plainSecrets(parseDocument(after, file).value).map(pathText));
  if (paths.some((path) => left.has(pathText(path))))
    throw new Error(`${file} still holds what was to be removed`);
  replaceFile(file, after, {
    like: file,
    lastCheck: () => {
      if (readFileSync(file, 'utf8') !== before) throw new Error(`another program changed ${file} meanwhile`);
    },
  });
  const names = paths.map(pathText).join(', ');
  return `${names} ${paths.length === 1 ? 'is' : 'are'} removed from ${shown(file)}`;
}

function readIfFile(file: string): string | undefined {
  if (look(file)?.isFile() !== true) return undefined;
  return unlessHidden<string | undefined>(() => readFileSync(file, 'utf8'), undefined);
}

function parsedOrNothing(text: string, file: string): Json5Document | undefined {
  try {
    return parseDocument(text, file);
  } catch (error) {
    if (isOpenClawError(error)) return undefined;
    throw error;
  }
}

function secretRemedy(path: ConfigPath): string {
  const variable = variableFor(path);
  const seal =
    variable === 'MINIMAX_API_KEY'
      ? 'Seal it in the store: `openclaw onboard --auth-choice minimax-api`, and take it out of the file; or s'
      : 'S';
  return path[0] === 'env'
    ? `${seal}et ${variable} in the environment or in .env of the state folder instead.`
    : `${seal}et ${variable} in the environment or in .env of the state folder, and write "\${${variable}}" here.`;
}
