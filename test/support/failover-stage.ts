// A gateway with a real resolver, real store and real catalogue before one upstream that plays all of them: each login
// is known there by its token, and a script says how it answers. Pauses are noted and not waited for.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createRefreshEngine } from '../../src/auth/refresh.ts';
import { createResolver, type LiveResolver } from '../../src/auth/resolver.ts';
import type { OpenClawConfig } from '../../src/config/schema.ts';
import type { GatewayDeps } from '../../src/gateway/server.ts';
import { createMetrics } from '../../src/gateway/metrics.ts';
import { createExposition } from '../../src/gateway/exposition.ts';
import { silentLog } from '../../src/platform/log.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import type { Credential } from '../../src/plugin-sdk/credential.ts';
import { createCatalogue } from '../../src/providers/catalogue.ts';
import { createFakeKeychain } from './fake-keychain.ts';
import { createFakeRandom } from './fake-random.ts';
import { openStage, startUpstream, type Stage } from './gateway-stage.ts';
import { openTestStore } from './open-test-store.ts';
import { tempFolder } from './temp-folder.ts';

export type Scripted = (
  response: ServerResponse,
  asked: { login: string; model: string; body: string; request: IncomingMessage },
) => void;

export type FailoverStage = Omit<Stage, 'resolver'> & {
  /** What reached the upstream, in turn: `login model`. */
  readonly seen: string[];
  readonly pauses: number[];
  readonly logins: LiveResolver;
  metricsText(): string;
};

export type FailoverOptions = {
  /** Ids of logins, all of kind api_key; the provider stands before the colon. */
  logins: readonly string[];
  primary?: string;
  fallbacks?: readonly string[];
  models?: NonNullable<OpenClawConfig['models']>;
  /** Addresses of logins that are not at the upstream. */
  baseUrls?: Readonly<Record<string, string>>;
  gateway?: Partial<GatewayDeps>;
  script: Scripted;
};

export const opus = 'anthropic/claude-opus-4-6';
export const minimax = 'minimax/MiniMax-M2.1';

export async function openFailoverStage(options: FailoverOptions): Promise<FailoverStage> {
  const seen: string[] = [];
  const pauses: number[] = [];
  const listener: RequestListener = (request, response) => {
    void text(request).then((body) => {
      const login = String(request.headers['x-api-key'] ?? request.headers.authorization).replace(
        /^Bearer /,
        '',
      );
      const { model } = JSON.parse(body) as { model: string };
      seen.push(`${login} ${model}`);
      options.script(response, { login, model, body, request });
    });
  };
  const upstream = await startUpstream(listener);
  const store = openTestStore({ stateDir: tempFolder(), keychain: createFakeKeychain() });
  for (const id of options.logins) {
    const provider = id.slice(0, id.indexOf(':'));
    const credential: Credential = { type: 'api_key', provider, key: id };
    await store.saveLogin(id, credential);
  }
  const clock: Clock = {
    ...systemClock,
    setTimer(callback, delayMs, timer) {
      if (timer?.unref === true) return systemClock.setTimer(callback, delayMs, timer);
      pauses.push(delayMs);
      return systemClock.setTimer(callback, 0);
    },
  };
  const random = createFakeRandom(0);
  const exchange = (): Promise<never> => Promise.reject(new Error('no refresh here'));
  const logins = createResolver({
    store,
    engine: createRefreshEngine({ store, exchange, clock: systemClock, random, log: silentLog }),
    prepare: (profileId) =>
      Promise.resolve({
        apiKey: profileId,
        baseUrl: options.baseUrls?.[profileId] ?? `${upstream.url}/anthropic`,
        headers: { 'x-api-key': profileId },
      }),
    explicitOrder: (provider) => options.logins.filter((id) => id.startsWith(`${provider}:`)),
    clock: systemClock,
    random,
    log: silentLog,
  });
  await logins.load();
  const catalogue = createCatalogue({
    config: {
      agents: {
        defaults: { model: { primary: options.primary ?? opus, fallbacks: [...(options.fallbacks ?? [])] } },
      },
      ...(options.models === undefined ? {} : { models: options.models }),
    },
    env: {},
    pluginCatalogs: [],
    providersWithProfile: new Set(options.logins.map((id) => id.slice(0, id.indexOf(':')))),
    disabledProviders: [],
  });
  const metrics = createMetrics();
  const stage = await openStage(listener, {
    resolver: logins,
    catalogue,
    clock,
    random,
    metrics,
    ...options.gateway,
  });
  return {
    ...stage,
    seen,
    pauses,
    logins,
    metricsText() {
      const page = createExposition();
      metrics.write(page);
      return page.text();
    },
  };
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function anthropicError(type: string, message: string): unknown {
  return { type: 'error', error: { type, message } };
}

/** A message that says which model answered. */
export function answerMessage(response: ServerResponse, model: string): void {
  answerJson(response, 200, {
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: 'hi' }],
  });
}

/** Sends this much, and breaks off. */
export function cutAfter(
  response: ServerResponse,
  headers: Record<string, string>,
  body: string,
  status = 200,
): void {
  response.writeHead(status, headers);
  response.flushHeaders();
  if (body !== '') response.write(body);
  setImmediate(() => setImmediate(() => response.socket?.destroy()));
}
