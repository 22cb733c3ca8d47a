// The sections of openclaw.json that this program reads, and what type each value has. Objects are open: keys that are
// not listed are OpenClaw's own or a slip, which is for `check.ts` to tell apart. Meaning (does the model exist, is the
// plugin there) belongs to those who use a section.
import * as z from 'zod/mini';

/** Elements whose variable is not set have become undefined by now, and drop out. */
function list<Element extends z.ZodMiniType>(element: Element) {
  return z.pipe(
    z.array(z.optional(element)),
    z.transform((elements): z.output<Element>[] =>
      elements.filter((value): value is z.output<Element> & {} => value !== undefined),
    ),
  );
}

const strings = list(z.string());

/** A plain string here; OpenClaw also takes an object that names a secret kept elsewhere, which this program skips. */
const secretInput = z.union([z.string(), z.looseObject({})]);

const httpUrl = z.string().check(
  z.refine((text) => {
    const url = URL.parse(text);
    return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
  }, 'an http or https URL'),
);

const modelChoice = z.looseObject({ primary: z.optional(z.string()), fallbacks: z.optional(strings) });

const modelEntry = z.looseObject({ alias: z.optional(z.string()) });

const agentDefaults = z.looseObject({
  model: z.optional(z.union([z.string(), modelChoice])),
  models: z.optional(z.record(z.string(), modelEntry)),
  workspace: z.optional(z.string()),
});

const cost = z.looseObject({
  input: z.optional(z.number().check(z.nonnegative())),
  output: z.optional(z.number().check(z.nonnegative())),
  cacheRead: z.optional(z.number().check(z.nonnegative())),
  cacheWrite: z.optional(z.number().check(z.nonnegative())),
});

const tokens = z.int().check(z.positive());

const providerModel = z.looseObject({
  id: z.string().check(z.minLength(1)),
  name: z.optional(z.string()),
  api: z.optional(z.string()),
  reasoning: z.optional(z.boolean()),
  input: z.optional(strings),
  cost: z.optional(cost),
  contextWindow: z.optional(tokens),
  maxTokens: z.optional(tokens),
});

const provider = z.looseObject({
  baseUrl: z.optional(httpUrl),
  apiKey: z.optional(secretInput),
  api: z.optional(z.string()),
  models: z.optional(list(providerModel)),
});

const pluginEntry = z.looseObject({ enabled: z.optional(z.boolean()), config: z.optional(z.unknown()) });

const authProfile = z.looseObject({
  provider: z.optional(z.string()),
  mode: z.optional(z.string()),
  email: z.optional(z.string()),
});

export const configSchema = z.looseObject({
  env: z.optional(
    z.catchall(
      z.object({ vars: z.optional(z.record(z.string(), z.string())), shellEnv: z.optional(z.unknown()) }),
      z.string(),
    ),
  ),
  agents: z.optional(z.looseObject({ defaults: z.optional(agentDefaults) })),
  models: z.optional(
    z.looseObject({
      mode: z.optional(z.enum(['merge', 'replace'])),
      providers: z.optional(z.record(z.string(), provider)),
    }),
  ),
  auth: z.optional(
    z.looseObject({
      profiles: z.optional(z.record(z.string(), authProfile)),
      order: z.optional(z.record(z.string(), strings)),
    }),
  ),
  plugins: z.optional(
    z.looseObject({
      enabled: z.optional(z.boolean()),
      entries: z.optional(z.record(z.string(), pluginEntry)),
      load: z.optional(z.looseObject({ paths: z.optional(strings) })),
    }),
  ),
  gateway: z.optional(
    z.looseObject({
      port: z.optional(z.int().check(z.gte(1), z.lte(65_535))),
      bind: z.optional(z.string()),
      customBindHost: z.optional(z.string()),
      mode: z.optional(z.string()),
      auth: z.optional(
        z.looseObject({
          mode: z.optional(z.string()),
          token: z.optional(secretInput),
          password: z.optional(secretInput),
        }),
      ),
    }),
  ),
});

/** As read: `${NAME}` replaced, other programs' keys still in it. Give it to no log: it holds keys. */
export type OpenClawConfig = z.output<typeof configSchema>;
export type ProviderConfig = z.output<typeof provider>;
export type ProviderModelConfig = z.output<typeof providerModel>;

/** The keys that this program reads, by their section's path with `*` for a name that a person chose. */
export const ownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(configSchema.shape),
  agents: ['defaults'],
  'agents.defaults': Object.keys(agentDefaults.shape),
  'agents.defaults.model': Object.keys(modelChoice.shape),
  'agents.defaults.models.*': Object.keys(modelEntry.shape),
  models: ['mode', 'providers'],
  'models.providers.*': Object.keys(provider.shape),
  'models.providers.*.models.*': Object.keys(providerModel.shape),
  'models.providers.*.models.*.cost': Object.keys(cost.shape),
  auth: ['profiles', 'order'],
  'auth.profiles.*': Object.keys(authProfile.shape),
  plugins: ['enabled', 'entries', 'load'],
  'plugins.entries.*': Object.keys(pluginEntry.shape),
  'plugins.load': ['paths'],
  gateway: ['port', 'bind', 'customBindHost', 'mode', 'auth'],
  'gateway.auth': ['mode', 'token', 'password'],
};
