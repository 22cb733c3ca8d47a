// Holds `plugins.entries[<id>].config` against the JSON Schema of the plugin's manifest, and says where in the file the
// slip is. What the settings mean is the plugin's own business.
import { type ConfigPath, pathText } from '../config/config-path.ts';
import { configError } from '../config/json5-document.ts';
import type { LoadedConfig } from '../config/load.ts';
import { isTree, valueAt } from '../config/tree.ts';
import { OpenClawError } from '../errors.ts';
import { nearestName } from '../platform/nearest.ts';
import { cleanText } from '../platform/text.ts';
import type { PluginManifest } from './manifest.ts';
import { resolveReference } from './schema-reference.ts';

/**
 * Errors: CONFIG_INVALID with the place; PLUGIN_FAILED when the manifest's schema is none that can be checked.
 * Without settings only `required` counts, and the validator is not even loaded.
 */
export async function checkPluginConfig(
  manifest: PluginManifest,
  settings: unknown,
  from: Pick<LoadedConfig, 'file' | 'placeOf'>,
): Promise<void> {
  const schema = manifest.configSchema;
  if (settings === undefined && schema['required'] === undefined) return;
  const { fromJSONSchema } = await import('zod');
  let check: ReturnType<typeof fromJSONSchema>;
  try {
    check = fromJSONSchema(schema);
  } catch (error) {
    throw new OpenClawError({
      code: 'PLUGIN_FAILED',
      message: `The plugin ${manifest.id} has a configSchema that cannot be used: ${cleanText(error instanceof Error ? error.message : String(error))}`,
      data: { pluginId: manifest.id },
    });
  }
  const result = check.safeParse(settings ?? {});
  const issue = result.success ? undefined : result.error.issues[0];
  if (issue === undefined) return;
  const base: ConfigPath = ['plugins', 'entries', manifest.id, 'config'];
  const inside = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...base, ...inside, ...(unknown === undefined ? [] : [unknown])];
  const name = pathText(path);
  const known = knownKeys(schema, inside);
  const nearest = unknown === undefined ? undefined : nearestName(unknown, known);
  throw configError('CONFIG_INVALID', from.file, from.placeOf(path), {
    problem:
      unknown === undefined
        ? `${name}: ${issueText(issue)}`
        : `unknown key ${name}${nearest === undefined ? '' : `: did you mean ${nearest}?`}`,
    path: name,
  });
}

type Issue = { code?: string | undefined; message: string; values?: unknown };

/** The validator's own words; it names types and limits and never repeats a value that was found. */
function issueText(issue: Issue): string {
  if (!Array.isArray(issue.values)) return cleanText(issue.message);
  return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
}

/** For a suggestion only: follows `properties` and local references, and gives up on anything else. */
function knownKeys(schema: Record<string, unknown>, path: readonly (string | number)[]): string[] {
  let current: unknown = schema;
  for (const part of [...path, undefined]) {
    const resolved = isTree(current) ? resolveReference(schema, current) : undefined;
    const properties = resolved?.['properties'];
    if (!isTree(properties)) return [];
    if (part === undefined) return Object.keys(properties);
    current = valueAt(properties, [part]);
  }
  return [];
}
