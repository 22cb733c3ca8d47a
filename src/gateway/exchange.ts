// One request of a client for a model, from its body to the end of its answer: read, planned, handed to a run over logins
// and models, and told in one line of the log.
// Who may ask is the guard's, what an answer means is verdict.ts's, which login is used is the resolver's.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Resolver } from '../auth/lease.ts';
import { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import { cleanText } from '../platform/text.ts';
import type { Catalogue } from '../providers/model-route.ts';
import type { Protocol } from '../wire/protocol.ts';
import { createRun, type RunDeps } from './failover-run.ts';
import type { Ledger } from './ledger.ts';
import type { GatewayLimits } from './limits.ts';
import { noMetrics, type Metrics } from './metrics.ts';
import { planModel } from './model-plan.ts';
import { refuse, refuseUpload } from './refusal.ts';
import { createRelay, createTurnEnd } from './relay.ts';
import { createSecretsOf } from './repeated-secret.ts';
import { declaresTooMuch, readBody } from './request-body.ts';
import { createRequestHeaders } from './request-headers.ts';
import { createReadHead } from './response-headers.ts';
import type { Upstream } from './upstream.ts';

export type ExchangeDeps = {
  resolver: Resolver;
  catalogue: Catalogue;
  upstream: Upstream;
  log: Log;
  clock: Clock;
  random: Random;
  limits: GatewayLimits;
  metrics?: Metrics;
  /** Absent: nobody counts what is used. */
  ledger?: Pick<Ledger, 'note'> | undefined;
};

/** `protocol`: the API at `path`. `path`: path and query as the client sent them. `awaitsContinue`: the client sends no body before a 100. */
export type Exchange = (
  request: IncomingMessage,
  response: ServerResponse,
  protocol: Protocol,
  path: string,
  requestId: string,
  awaitsContinue: boolean,
) => void;

export function createExchange(deps: ExchangeDeps): Exchange {
  const { catalogue, log, clock, limits, metrics = noMetrics } = deps;
  const turnEnd = createTurnEnd();
  const runDeps: RunDeps = {
    ...deps,
    metrics,
    ledger: deps.ledger,
    requestHeaders: createRequestHeaders(),
    readHead: createReadHead(),
    secretsOf: createSecretsOf(),
  };

  return (request, response, protocol, path, requestId, awaitsContinue) => {
    const startedAtMs = clock.monotonicMs();
    const relay = createRelay(response, protocol, requestId, turnEnd);
    // A count asks how long a request is, and uses none of the plan.
    const isCounted = !path.startsWith(countPath);
    const run = createRun(runDeps, {
      request,
      response,
      protocol,
      path,
      requestId,
      relay,
      startedAtMs,
      isCounted,
    });
    let bytesIn = 0;

    response.once('close', () => {
      const left = !response.writableFinished;
      run.closed(left);
      const durationMs = clock.monotonicMs() - startedAtMs;
      const status = response.headersSent ? response.statusCode : undefined;
      const { route, profileId, attempts, failure, detail, firstByteMs } = run.facts();
      metrics.request(protocol.api, route?.ref, status, firstByteMs, durationMs);
      log.info('request', {
        requestId,
        api: protocol.api,
        model: route?.ref,
        profile: profileId,
        status,
        failure,
        detail,
        attempts,
        left: left || undefined,
        durationMs: Math.round(durationMs),
        bytesIn,
        bytesOut: relay.bytes(),
      });
    });

    const fail = (thrown: unknown): void => refuse(response, protocol, thrown, requestId);

    const onBody = (pieces: readonly Buffer[], size: number): void => {
      bytesIn = size;
      const session = request.headers['x-openclaw-session'];
      try {
        const plan = planModel(pieces, catalogue, protocol);
        run.start(plan, typeof session === 'string' ? session : undefined);
      } catch (error) {
        fail(error);
      }
    };

    const onTooLarge = (): void => {
      const error = new OpenClawError({
        code: 'REQUEST_TOO_LARGE',
        message: `The request body is larger than ${limits.maxBodyBytes} bytes`,
      });
      refuseUpload(request, response, protocol, error, requestId, clock, limits.lingerMs);
    };

    const encoding = request.headers['content-encoding'];
    if (declaresTooMuch(request, limits.maxBodyBytes)) onTooLarge();
    else if (encoding !== undefined && encoding !== 'identity') fail(compressed(encoding));
    else {
      if (awaitsContinue) response.writeContinue();
      readBody(request, limits.maxBodyBytes, onBody, onTooLarge);
    }
  };
}

const countPath = '/v1/messages/count_tokens';

function compressed(encoding: string): OpenClawError {
  return new OpenClawError({
    code: 'REQUEST_INVALID',
    message: `The request body is compressed (${cleanText(encoding, 40)}), which this gateway does not read`,
    remedy: 'Send it without a content-encoding.',
  });
}
