// What is wrong with the references to variables in the file: names that are not set, and texts that look like a
// reference and are none. Names are shown, values never.
import type { Env } from '../platform/env.ts';
import { nearestName } from '../platform/nearest.ts';
import { cleanText } from '../platform/text.ts';
import type { ConfigWarning } from './check.ts';
import { pathText, type ConfigPath } from './config-path.ts';
import type { Json5Document } from './json5-document.ts';
import { isReadHere } from './known-keys.ts';
import { isSecretKey } from './secret-places.ts';
import type { Unavailable } from './substitute.ts';
import { isTree, treeOf } from './tree.ts';

export function missingVariables(
  document: Json5Document,
  unavailable: readonly Unavailable[],
  from: { env: Env; dotenvFile: string },
): ConfigWarning[] {
  const block = new Set(namesIn(document.value['env']));
  return unavailable.map(({ path, variable }) => {
    const name = pathText(path);
    const state = from.env[variable] === '' ? 'is set to nothing' : 'is not set';
    // Short names are near to each other by chance.
    const near =
      variable.length < 6 ? undefined : nearestName(variable, [...Object.keys(from.env), ...block]);
    if (!isReadHere(path)) {
      return {
        isInformation: true,
        path: name,
        ...document.placeOf(path),
        message: `${name} needs the environment variable ${variable}, which ${state} here`,
        fix: 'It is for OpenClaw: this program does not read it.',
      };
    }
    const isInBlock = path[0] === 'env' && block.has(variable);
    const fix = isInBlock
      ? 'Values of the env block name variables of the environment and of .env, not each other.'
      : `Set ${variable} in the environment, as ${variable}=… in ${cleanText(from.dotenvFile, 400)}, or in the env block of this file.`;
    return {
      path: name,
      ...document.placeOf(path),
      message: `${name} needs the environment variable ${variable}, which ${state}: the value is left out`,
      fix: near === undefined || isInBlock ? fix : `${fix} There is ${near}: is that the one?`,
    };
  });
}

/** In the sections that this program reads; elsewhere such a text may mean what it says. */
const sections = new Set(['env', 'models', 'agents', 'auth', 'gateway', 'plugins']);

export function oddReferences(document: Json5Document): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const visit = (value: unknown, path: ConfigPath): void => {
    if (typeof value === 'string') {
      const said = complaint(value, path);
      if (said === undefined) return;
      const [message, fix] = said;
      warnings.push({ path: pathText(path), ...document.placeOf(path), message, fix });
    } else if (Array.isArray(value)) {
      for (const [index, element] of value.entries()) visit(element, [...path, index]);
    } else if (isTree(value)) {
      for (const [name, child] of Object.entries(value)) visit(child, [...path, name]);
    }
  };
  for (const [name, section] of Object.entries(document.value)) {
    if (sections.has(name)) visit(section, [name]);
  }
  return warnings;
}

function complaint(text: string, path: ConfigPath): [message: string, fix: string] | undefined {
  const name = pathText(path);
  const whole =
    /^\s*(?:\$([A-Za-z_]\w{2,})|%([A-Za-z_]\w{2,})%|\$\(([A-Za-z_]\w{2,})\)|\{\{\s*([A-Za-z_]\w{2,})\s*\}\}|\$env:([A-Za-z_]\w{2,}))\s*$/.exec(
      text,
    );
  const named = whole?.slice(1).find((group) => group !== undefined);
  if (named !== undefined && isSecretKey(path)) {
    const variable = cleanText(named.toUpperCase(), 80);
    return [`${name} is taken as it is written, and not from a variable`, `Write "\${${variable}}".`];
  }
  for (const [reference, inner = ''] of text.matchAll(/(?<!\$)\$\{([^}]*)\}/g)) {
    if (/^[A-Z_][A-Z0-9_]*$/.test(inner)) continue;
    const variable = inner
      .trim()
      .replace(/^env[.:]/i, '')
      .replace(/-/g, '_')
      .toUpperCase();
    return /^[A-Z_][A-Z0-9_]*$/.test(variable)
      ? [
          `${name}: ${cleanText(reference, 80)} is no reference, for a name has capitals, digits and _ alone`,
          `Write "\${${cleanText(variable, 80)}}".`,
        ]
      : [
          `${name} holds \${…} with something in it that is no name of a variable`,
          'Write "${NAME}", with capitals, digits and _ alone; "$${NAME}" is the text ${NAME}.',
        ];
  }
  if (/\$\{[A-Za-z_]\w*\s*$/.test(text)) {
    return [`${name} ends in a reference without its }`, 'Write "${NAME}".'];
  }
  return undefined;
}

function namesIn(block: unknown): string[] {
  const { vars } = treeOf(block);
  return [...Object.keys(treeOf(block)), ...Object.keys(treeOf(vars))];
}
