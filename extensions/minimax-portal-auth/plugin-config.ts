// The plugin's own configuration block, checked: what a person may override of the known servers and client.
import { z } from 'zod/mini';
import { OpenClawError } from '../../src/plugin-sdk/index.ts';

const regionConfig = z.strictObject({
  accountUrl: z.optional(z.string()),
  apiUrl: z.optional(z.string()),
  authorizationUrl: z.optional(z.string()),
  issuer: z.optional(z.string()),
});

const pluginConfig = z.strictObject({
  regions: z.optional(z.strictObject({ global: z.optional(regionConfig), cn: z.optional(regionConfig) })),
  clientId: z.optional(z.string().check(z.minLength(1))),
  scope: z.optional(z.string().check(z.minLength(1))),
  dialect: z.optional(z.enum(['account', 'account-cli', 'legacy'])),
  allowLoopbackHttp: z.optional(z.boolean()),
});

export type PluginConfig = z.infer<typeof pluginConfig>;

/** Throws CONFIG_INVALID that names the key. */
export function readPluginConfig(value: unknown): PluginConfig {
  const parsed = pluginConfig.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = ['plugins.entries["minimax-portal-auth"].config', ...(issue?.path ?? []).map(String)].join(
    '.',
  );
  throw new OpenClawError({
    code: 'CONFIG_INVALID',
    message: `${path}: ${issue?.message ?? 'not valid'}`,
    data: { place: path },
  });
}
