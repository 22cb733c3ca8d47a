// What a plugin says of itself in `openclaw.plugin.json`, so that menus and lists need no plugin code.
// Keys that are not listed belong to OpenClaw and are left alone. Which plugins there are is `discovery.ts`.
import * as z from 'zod/mini';
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';

export const manifestName = 'openclaw.plugin.json';

const id = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dots and hyphens, at most 64'));

/** One line, fit to be shown. */
const shown = z.pipe(
  z.string(),
  z.transform((text) => cleanText(text)),
);

const authChoice = z.object({
  provider: id,
  /** Id of the provider's auth method. */
  method: z.string().check(z.minLength(1)),
  choiceId: id,
  choiceLabel: shown,
  choiceHint: z.optional(shown),
  groupId: z.optional(z.string()),
  groupLabel: z.optional(shown),
  /** `manual-only`: chosen by its id, and left out of menus. */
  assistantVisibility: z.optional(z.string()),
  /** Other ids for the same choice on the command line. This host only. */
  aliases: z.optional(z.array(id)),
});

const manifest = z.object({
  id,
  configSchema: z.record(z.string(), z.unknown()),
  name: z.optional(shown),
  description: z.optional(shown),
  version: z.optional(shown),
  providers: z.optional(z.array(id)),
  providerAuthChoices: z.optional(z.array(authChoice)),
  cliCommands: z.optional(z.array(z.unknown())),
});

export type PluginManifest = z.output<typeof manifest>;

/** Errors: PLUGIN_FAILED, whose message names the file and the key. */
export function parseManifest(text: string, file: string): PluginManifest {
  let tree: unknown;
  try {
    tree = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw failed(file, 'it is not JSON');
  }
  const result = manifest.safeParse(tree);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const key = issue?.path.map(String).join('.') ?? '';
  const expected = issue === undefined ? '' : expectation(issue);
  throw failed(file, key === '' ? `it must be ${expected}` : `${cleanText(key)} must be ${expected}`);
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return issue.expected === 'record' ? 'object' : issue.expected;
  return issue.code === 'invalid_format' ? issue.message : 'a text that is not empty';
}

function failed(file: string, reason: string): OpenClawError {
  return new OpenClawError({
    code: 'PLUGIN_FAILED',
    message: `${cleanText(file, 400)}: ${reason}.`,
    data: { place: file },
  });
}
