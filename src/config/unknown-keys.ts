// Warns of keys that neither this program nor OpenClaw knows, in the sections that this program reads: OpenClaw refuses to
// start on such a key. Never a refusal here: a key may be newer than the list.
import { shellPath, pathText, type ConfigPath } from './config-path.ts';
import type { ConfigWarning } from './check.ts';
import type { Json5Document } from './json5-document.ts';
import { homeOf, includeKey, isReadHere, keysOf, nearestKey } from './known-keys.ts';

export function unknownKeys(document: Json5Document): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const walk = (value: unknown, path: ConfigPath): void => {
    if (typeof value !== 'object' || value === null) return;
    const known = keysOf(path);
    for (const [name, child] of Object.entries(value)) {
      const here = [...path, Array.isArray(value) ? Number(name) : name];
      const warn = (message: string, fix: string): void =>
        void warnings.push({
          ...(isReadHere(path) ? {} : { isInformation: true }),
          path: pathText(here),
          message,
          fix,
          ...document.placeOf(here),
        });
      if (name === includeKey) {
        warn(
          `${pathText(here)} is for OpenClaw: this program does not read the files that it names`,
          isReadHere(path)
            ? 'Write into this file what the gateway needs.'
            : 'Nothing in there is needed here.',
        );
        continue;
      }
      if (known !== undefined && !known.includes(name) && !Array.isArray(value)) {
        warn(...describeUnknown(here));
        // What stands within is as unknown as its key.
        continue;
      }
      walk(child, here);
    }
  };
  walk(document.value, []);
  return [...foreign(document), ...warnings];
}

/** Where not one key is known, it is more likely that the file is. */
function foreign(document: Json5Document): ConfigWarning[] {
  const names = Object.keys(document.value);
  const known = keysOf([]) ?? [];
  const isForeign = (name: string): boolean =>
    name !== includeKey &&
    !known.includes(name) &&
    nearestKey([name]) === undefined &&
    homeOf([name]) === undefined;
  if (names.length < 2 || !names.every(isForeign)) return [];
  return [
    {
      path: '',
      ...document.placeOf([]),
      message: 'no key of this file is one of openclaw: it may be the file of another program',
      fix: 'Put back your own file, or name the right one in OPENCLAW_CONFIG_PATH.',
    },
  ];
}

/** The last part of the path is the key that nobody knows: what is said of it, and what to do. */
function describeUnknown(path: ConfigPath): [message: string, fix: string] {
  const name = pathText(path);
  const nearest = nearestKey(path);
  const refuses = 'OpenClaw refuses to start on a key that it does not know.';
  const remove = `\`openclaw config unset ${shellPath(path)}\``;
  if (nearest !== undefined) {
    return [
      `unknown key ${name}: did you mean ${nearest}?`,
      `Rename it to ${nearest}, or take it out: ${remove}. ${refuses}`,
    ];
  }
  const home = homeOf(path);
  if (home !== undefined) {
    return [
      `unknown key ${name}: did you mean ${home}?`,
      `Move it to ${home}, or take it out: ${remove}. ${refuses}`,
    ];
  }
  return [
    `unknown key ${name}: neither this program nor OpenClaw reads it`,
    `Take it out: ${remove}. ${refuses}`,
  ];
}
