// The plugin: registers the provider `minimax-portal` and nothing else. No side effects before a method is called.
import {
  OpenClawError,
  createFetch,
  fillText,
  systemClock,
  systemRandom,
  textsOf,
  type AuthContext,
  type AuthMethod,
  type Credential,
  type PluginApi,
  type PluginDefinition,
} from '../../src/plugin-sdk/index.ts';
import { providerId } from './grant.ts';
import { logIn } from './login.ts';
import { notInEveryPlan, planModels } from './models.ts';
import type { LoginDeps } from './oauth-server.ts';
import { readPluginConfig } from './plugin-config.ts';
import { refresh, revoke } from './renewal.ts';
import {
  anthropicBaseUrl,
  openaiBaseUrl,
  isRegionId,
  regionIds,
  resolveRegion,
  type RegionId,
} from './region.ts';
import { fetchUsage } from './usage.ts';
import { completeLogin, startLogin } from './two-steps.ts';
import { refusedFreshToken } from './wrong-region.ts';

const plugin: PluginDefinition = {
  id: 'minimax-portal-auth',
  name: 'MiniMax portal login',
  description: 'Logs in to MiniMax with a browser approval (Global and CN) and keeps the login alive.',
  register,
};

export default plugin;

function register(api: PluginApi): void {
  const ports = api.ports ?? { fetch: createFetch(process.env), clock: systemClock, random: systemRandom };
  // Read when a method runs, so that a wrong block is reported there and register stays free of effects.
  const described: LoginDeps['described'] = new Map();
  const deps = (): LoginDeps => ({ ...ports, described, config: readPluginConfig(api.pluginConfig) });
  const regionOf = (credential: Credential) =>
    resolveRegion(isRegionId(credential.region) ? credential.region : 'global', deps().config);

  api.registerProvider({
    id: providerId,
    label: 'MiniMax portal',
    auth: [
      method('device', 'MiniMax portal', 'Approve once in the browser; asks for the region', deps, undefined),
      method('oauth', 'MiniMax portal, Global', 'minimax.io', deps, 'global'),
      method('oauth-cn', 'MiniMax portal, CN', 'minimaxi.com', deps, 'cn'),
    ],
    // https://platform.minimax.io/docs/api-reference: text-openai-api, responses-create
    furtherApis: ['openai-completions', 'openai-responses'],
    notInEveryPlan,
    catalog: {
      run: () => ({
        provider: {
          baseUrl: anthropicBaseUrl(resolveRegion('global', deps().config)),
          api: 'anthropic-messages',
          models: planModels,
        },
      }),
    },
    formatApiKey: tokenOf,
    refreshOAuth: (credential, context) => refresh(deps(), credential, context),
    revokeOAuth: (credential, context) => revoke(deps(), credential, context),
    prepareRuntimeAuth({ credential }) {
      const token = tokenOf(credential);
      const granted = credential.type === 'oauth' ? credential.baseUrl : undefined;
      const baseUrl = granted ?? anthropicBaseUrl(regionOf(credential));
      const openai = openaiBaseUrl(baseUrl);
      return {
        apiKey: token,
        baseUrl,
        baseUrls: { 'openai-completions': openai, 'openai-responses': openai },
        ...(credential.type === 'oauth' ? { expiresAt: credential.expires } : {}),
        // Either header alone has failed for some accounts; both together work.
        headers: { authorization: `Bearer ${token}`, 'x-api-key': token },
      };
    },
    resolveUsageAuth: ({ credential }) => ({
      token: tokenOf(credential),
      baseUrl: regionOf(credential).apiUrl,
    }),
    fetchUsageSnapshot: ({ credential, signal }) =>
      fetchUsage(ports.fetch, regionOf(credential).apiUrl, tokenOf(credential), signal),
    explainRefusal: ({ credential }) => refusedFreshToken(regionOf(credential)),
    buildAuthDoctorHint: ({ profileId, region }) =>
      `${profileId}: log in again with \`openclaw auth login --auth-choice minimax-portal --region ${region ?? 'global'}\`.`,
    buildMissingAuthMessage: () =>
      'No MiniMax portal login. Log in with `openclaw onboard --auth-choice minimax-portal`.',
  });
}

function method(
  id: string,
  label: string,
  hint: string,
  deps: () => LoginDeps,
  fixedRegion: RegionId | undefined,
): AuthMethod {
  const regionFor = async (context: AuthContext, askRegion: () => Promise<string>): Promise<RegionId> => {
    const wanted = fixedRegion ?? context.opts['region'] ?? (await askRegion());
    if (!isRegionId(wanted)) {
      throw new OpenClawError({
        code: 'USAGE',
        message: `Unknown region: ${String(wanted).slice(0, 40)}. There are ${regionIds.join(' and ')}.`,
        remedy: 'Pass `--region global` or `--region cn`.',
      });
    }
    if (
      fixedRegion !== undefined &&
      context.opts['region'] !== undefined &&
      context.opts['region'] !== fixedRegion
    ) {
      throw new OpenClawError({
        code: 'USAGE',
        message: `This choice logs in to ${fixedRegion}, but --region ${String(context.opts['region']).slice(0, 40)} was given.`,
        remedy: 'Use `openclaw onboard --auth-choice minimax-portal` with --region, or leave --region out.',
      });
    }
    return wanted;
  };
  const refuseToAsk = (): never => {
    throw new OpenClawError({
      code: 'INPUT_REQUIRED',
      message: 'Which MiniMax site the account is on is not known, and there is no terminal to ask.',
      data: { flag: '`--region global` or `--region cn`' },
    });
  };
  const unasked = async (context: AuthContext): Promise<RegionId> => regionFor(context, refuseToAsk);
  return {
    id,
    label,
    hint,
    kind: 'device_code',
    run: async (context) => {
      const region = await regionFor(context, () =>
        context.prompter.select({
          message: fillText(textsOf(context.locale ?? 'en').questionSite, { provider: 'MiniMax' }),
          // The site is part of the label: a hint is only shown for the option that is marked.
          options: [
            { value: 'global', label: 'Global, minimax.io' },
            { value: 'cn', label: 'CN, minimaxi.com' },
          ],
          flag: '--region global|cn',
        }),
      );
      return logIn(deps(), region, context);
    },
    runNonInteractive: async (context) => logIn(deps(), await unasked(context), context),
    start: async (context) => startLogin(deps(), await unasked(context), context),
    complete: (context, pending, options) => completeLogin(deps(), context, pending, options),
  };
}

function tokenOf(credential: Credential): string {
  if (credential.type === 'oauth') return credential.access;
  return credential.type === 'token' ? credential.token : credential.key;
}
