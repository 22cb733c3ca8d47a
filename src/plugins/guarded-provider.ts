// A provider whose functions may be called without fear: what a plugin throws comes out as PLUGIN_FAILED, except for
// errors of this program's own kind and the reason of an abort, and without the secrets that the plugin was given.
// Nothing else about the provider changes.
import * as z from 'zod/mini';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import { describeNetworkError } from '../oauth/network-error.ts';
import type { AuthMethod, ProviderPlugin } from '../plugin-sdk/index.ts';
import { cleanText, foreignText } from '../platform/text.ts';
import { withoutSecrets } from '../redaction.ts';
import { isObject } from './plugin-shape.ts';

/** Names of the functions that a provider may have. */
const functionNames = [
  'formatApiKey',
  'refreshOAuth',
  'revokeOAuth',
  'prepareRuntimeAuth',
  'resolveUsageAuth',
  'fetchUsageSnapshot',
  'explainRefusal',
  'buildAuthDoctorHint',
  'buildMissingAuthMessage',
] as const satisfies readonly (keyof ProviderPlugin)[];

/** Functions are still called on the plugin's own object, so `this` in them works; a class's getters stay too. */
export function guardProvider(pluginId: string, provider: ProviderPlugin): ProviderPlugin {
  const guards: Record<string, unknown> = {};
  for (const name of functionNames) {
    if (provider[name] !== undefined)
      guards[name] = guard(pluginId, `${provider.id}.${name}`, provider, name);
  }
  if (provider.catalog !== undefined) {
    guards['catalog'] = { run: guard(pluginId, `${provider.id}.catalog.run`, provider.catalog, 'run') };
  }
  guards['auth'] = provider.auth.map((method) => guardMethod(pluginId, provider.id, method));
  return copyWith(provider, guards);
}

/** The error that stands for whatever a plugin threw. Its cause is left out: it may carry a server's answer. */
export function pluginFailure(
  pluginId: string,
  what: string,
  thrown: unknown,
  secrets: readonly string[] = [],
): OpenClawError {
  if (isOpenClawError(thrown)) return withoutItsSecrets(thrown, secrets);
  if (thrown instanceof TypeError && thrown.cause instanceof Error) {
    // So does fetch say that there was no answer, which is no fault of the plugin.
    const { reason } = describeNetworkError(thrown, secrets);
    return failed(`The service of the plugin ${pluginId} did not answer: ${reason}`);
  }
  let message = typeof thrown === 'string' ? thrown : 'it threw something that is no error';
  if (thrown instanceof Error) message = `${thrown.name}: ${thrown.message}`;
  return failed(`The plugin ${pluginId} failed in ${what}: ${foreignText(message, secrets, 300)}`);

  function failed(text: string): OpenClawError {
    return new OpenClawError({ code: 'PLUGIN_FAILED', message: text, data: { pluginId } });
  }
}

function guardMethod(pluginId: string, providerId: string, method: AuthMethod): AuthMethod {
  const guards: Record<string, unknown> = {};
  for (const name of ['run', 'runNonInteractive', 'start', 'complete'] as const) {
    const what = `the login ${providerId}/${cleanText(method.id, 40)} (${name})`;
    if (method[name] === undefined) continue;
    const call = guard(pluginId, what, method, name);
    guards[name] = async (...input: unknown[]): Promise<unknown> => {
      const answer: unknown = await call(...input);
      const isLogin =
        name === 'start' ? isStartedLogin(answer, providerId) : authResult.safeParse(answer).success;
      if (isLogin) return answer;
      throw pluginFailure(pluginId, what, 'what it gave back is no login');
    };
  }
  return copyWith(method, guards);
}

/** What a login that was begun is kept under, as, and until; its texts are cleaned where they are shown. */
const startedLogin = z.object({
  profileId: z.string().check(z.regex(/^[^:]+:[\w.@-]{1,64}$/)),
  pending: z.record(z.string(), z.unknown()).check(z.refine(isJson)),
  prompt: z.object({
    userCode: z.string(),
    verificationUrl: z.string(),
    regionLabel: z.string(),
    host: z.string(),
    expiresInMs: z.number().check(z.minimum(0), z.maximum(31_536_000_000)),
  }),
});

/** Profiles may be none: what that means is for whoever asked. */
const authResult = z.object({
  profiles: z.array(z.object({ profileId: z.string(), credential: z.object({ type: z.string() }) })),
});

function isStartedLogin(answer: unknown, providerId: string): boolean {
  const { success, data } = startedLogin.safeParse(answer);
  return success && data.profileId.startsWith(`${providerId}:`);
}

function isJson(value: unknown): boolean {
  try {
    return typeof JSON.stringify(value) === 'string';
  } catch {
    return false;
  }
}

function copyWith<Owner extends object>(owner: Owner, replaced: Record<string, unknown>): Owner {
  const copy = Object.create(Object.getPrototypeOf(owner) as object | null) as Owner;
  return Object.assign(copy, owner, replaced);
}

function guard(
  pluginId: string,
  what: string,
  owner: object,
  name: string,
): (...input: unknown[]) => unknown {
  return (...input) => {
    const convert = (thrown: unknown): unknown =>
      isAbortReason(thrown, input) ? thrown : pluginFailure(pluginId, what, thrown, secretsIn(input));
    try {
      const answer: unknown = Reflect.apply(Reflect.get(owner, name) as () => unknown, owner, input);
      if (!isThenable(answer)) return answer;
      return Promise.resolve(answer).catch((error: unknown) => {
        throw convert(error);
      });
    } catch (error) {
      throw convert(error);
    }
  };
}

/** The same error where it holds none of them and no cause. */
function withoutItsSecrets(error: OpenClawError, secrets: readonly string[]): OpenClawError {
  const clean = (text: string): string => withoutSecrets(text, secrets);
  const { code, message, remedy, data } = error;
  const texts = [message, remedy, JSON.stringify(data)];
  if (error.cause === undefined && texts.every((text) => clean(text) === text)) return error;
  const cleanData = Object.entries(data).map(([name, value]) => [
    name,
    typeof value === 'string' ? clean(value) : value,
  ]);
  return new OpenClawError({
    code,
    message: clean(message),
    remedy: clean(remedy),
    data: Object.fromEntries(cleanData) as OpenClawError['data'],
  });
}

/** Of credentials, as an argument or within one. */
function secretsIn(input: readonly unknown[]): string[] {
  return input.filter(isObject).flatMap((argument) => {
    const credential: unknown = Reflect.get(argument, 'credential');
    const holder = isObject(credential) ? credential : argument;
    return ['access', 'refresh', 'token', 'key', 'codeVerifier', 'deviceCode']
      .map((name): unknown => Reflect.get(holder, name))
      .filter((value) => typeof value === 'string');
  });
}

/** Whoever aborted wants their own reason back. */
function isAbortReason(thrown: unknown, input: readonly unknown[]): boolean {
  return input.some((argument) => {
    const signal: unknown =
      typeof argument === 'object' && argument !== null ? Reflect.get(argument, 'signal') : undefined;
    return signal instanceof AbortSignal && signal.aborted && signal.reason === thrown;
  });
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';
}
