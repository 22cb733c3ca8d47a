// One request of a client for a model, from its body to the end of its answer: model -> lease -> upstream, with one
// forced refresh and one retry when the upstream refuses the login before the first byte.
// Who may ask is the guard's, what an answer means is classify's, which login is used is the resolver's.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Lease, LeaseOptions, LeaseOutcome, Resolver } from '../auth/lease.ts';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { cleanText } from '../platform/text.ts';
import type { Catalogue } from '../providers/model-route.ts';
import { faultOf, type Protocol } from '../wire/protocol.ts';
import { createUsageTap, type UsageTap } from '../wire/usage-tap.ts';
import { answerText } from './answer-text.ts';
import { sendAttempt, smallAnswerBytes, type Attempt } from './attempt.ts';
import { classify, type Classification } from './classify.ts';
import type { Ledger } from './ledger.ts';
import type { GatewayLimits } from './limits.ts';
import { noMetrics, type Metrics } from './metrics.ts';
import { planModel, type ModelPlan } from './model-plan.ts';
import { refuse, refuseStatus, refuseUpload, requestIdHeaders } from './refusal.ts';
import { createRelay, createTurnEnd } from './relay.ts';
import { createSecretsOf, repeatsSecret, tellWithout, type LeaseSecrets } from './repeated-secret.ts';
import { declaresTooMuch, readBody } from './request-body.ts';
import { createRequestHeaders } from './request-headers.ts';
import { createReadHead, isEventStream, type AnswerHead } from './response-headers.ts';
import { unreachable, type Upstream } from './upstream.ts';

export type ExchangeDeps = {
  resolver: Resolver;
  catalogue: Catalogue;
  upstream: Upstream;
  log: Log;
  clock: Clock;
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
  const { resolver, catalogue, upstream, log, clock, limits, ledger, metrics = noMetrics } = deps;
  const requestHeaders = createRequestHeaders();
  const readHead = createReadHead();
  const turnEnd = createTurnEnd();
  const secretsOf = createSecretsOf();

  return (request, response, protocol, path, requestId, awaitsContinue) => {
    const startedAtMs = clock.monotonicMs();
    // It asks how long a request is, and uses none of the plan.
    const isCount = path.startsWith(countPath);
    const relay = createRelay(response, protocol, requestId, turnEnd);
    let plan: ModelPlan | undefined;
    let lease: Lease | undefined;
    let attempt: Attempt | undefined;
    let reported = false;
    let bytesIn = 0;
    let attempts = 0;
    let sentAtMs = 0;
    let firstByteMs: number | undefined;
    let tap: UsageTap | undefined;
    let failure: string | undefined;

    /** The outcome of the present lease, told once. */
    const report = (outcome: LeaseOutcome): void => {
      if (reported) return;
      reported = true;
      lease?.report(outcome);
      if (outcome.kind === 'auth') failure = 'auth';
      else if (outcome.kind === 'failed') failure = outcome.reason;
    };

    const fail = (thrown: unknown): void => {
      const model = plan?.header ?? [];
      refuse(response, protocol, thrown, requestId, model);
    };

    response.once('close', () => {
      const left = !response.writableFinished;
      if (left) {
        attempt?.abort();
        // Once the upstream has begun to answer the login has done its part; before, nobody knows.
        report(relay.started() ? { kind: 'ok', sentAtMs } : { kind: 'unknown' });
      }
      const durationMs = clock.monotonicMs() - startedAtMs;
      const status = response.headersSent ? response.statusCode : undefined;
      metrics.request(protocol.api, plan?.route.ref, status, firstByteMs, durationMs);
      if (ledger !== undefined && plan !== undefined && lease !== undefined && !isCount) {
        const { route } = plan;
        const isFailed = failure !== undefined;
        ledger.note({ route, profileId: lease.profileId, isFailed, usage: tap?.end() });
      }
      log.info('request', {
        requestId,
        api: protocol.api,
        model: plan?.route.ref,
        profile: lease?.profileId,
        status,
        failure,
        attempts,
        left: left || undefined,
        durationMs: Math.round(durationMs),
        bytesIn,
        bytesOut: relay.bytes(),
      });
    });

    /** An answer that would hand the login's token to the client, or might: told in other words. */
    const withhold = (head: AnswerHead, said: string, retryAfterMs: number | undefined): 'drop' => {
      if (lease !== undefined) metrics.upstreamAnswer(lease.provider, head.status);
      const status = head.status < 400 ? 502 : head.status;
      const headers = [...(plan?.header ?? [])];
      if (retryAfterMs !== undefined) headers.push('retry-after', String(Math.ceil(retryAfterMs / 1000)));
      refuseStatus(response, protocol, status, said, requestId, headers);
      return 'drop';
    };

    const send = (model: ModelPlan, current: Lease): void => {
      if (response.destroyed) return;
      lease = current;
      reported = false;
      attempts += 1;
      sentAtMs = clock.nowMs();
      const secrets = secretsOf(current);
      attempt = sendAttempt(
        upstream,
        readHead,
        limits.maxHeldBytes,
        {
          baseUrl: current.baseUrl,
          path: protocol.upstreamPath(path, current.baseUrl),
          headers: requestHeaders(protocol.api, request.headers, current.headers),
          body: model.body,
        },
        secrets.plain,
        relay,
        requestIdHeaders(protocol, requestId, model.header),
        {
          onStart(head) {
            firstByteMs = clock.monotonicMs() - startedAtMs;
            metrics.upstreamAnswer(current.provider, head.status);
            const isMeasured =
              ledger !== undefined && head.status < 300 && head.contentEncoding === undefined;
            tap = isMeasured ? createUsageTap(protocol.api, isEventStream(head)) : undefined;
          },
          onPiece: (chunk) => tap?.push(chunk),
          judge(head, body, isWhole) {
            const isError = head.status >= 300;
            if (!isError && !mayBeError(body, head.contentEncoding)) return 'pass';
            if (!isError && !isWhole) return body.length <= smallAnswerBytes ? 'more' : 'pass';
            const text = isWhole ? answerText(body, head.contentEncoding) : undefined;
            const classification = classify({ ...head, body: text ?? '' }, clock.nowMs());
            const { kind, retryAfterMs } = classification;
            if (kind === 'auth') {
              report({ kind: 'auth', detail: detailOf(classification, head.status, secrets) });
              const refused = (): OpenClawError =>
                loginRefused(current, detailOf(classification, head.status, secrets));
              if (attempts > 1) fail(refused());
              else
                lend(model, { rejected: current }, (error) =>
                  fail(isFreshRefused(error) ? refused() : error),
                );
              metrics.upstreamAnswer(current.provider, head.status);
              return 'drop';
            }
            if (kind !== 'ok') report(failedOutcome(kind, retryAfterMs));
            if (text === undefined) {
              if (!isError) return 'pass';
              return withhold(head, `HTTP ${head.status}; ${unreadable}`, retryAfterMs);
            }
            if (!repeatsSecret(head, body, text, secrets)) return 'pass';
            const said = tellWithout(classification.message, secrets);
            return withhold(head, said || `HTTP ${head.status}`, retryAfterMs);
          },
          onDone: () => report({ kind: 'ok', sentAtMs }),
          onUnreachable(error) {
            report({ kind: 'failed', reason: 'unreachable' });
            metrics.upstreamAnswer(current.provider, undefined);
            fail(unreachable(error, current.baseUrl));
          },
          onCut(_head, error) {
            report({ kind: 'failed', reason: 'stream_cut' });
            relay.cut(faultOf(unreachable(error, current.baseUrl)));
          },
        },
      );
    };

    const lend = (model: ModelPlan, options?: LeaseOptions, onFailure = fail): void => {
      try {
        const lent = resolver.lease(model.route.provider, model.route.modelId, options);
        if (lent instanceof Promise) lent.then((current) => send(model, current)).catch(onFailure);
        else send(model, lent);
      } catch (error) {
        onFailure(error);
      }
    };

    const onBody = (pieces: readonly Buffer[], size: number): void => {
      bytesIn = size;
      try {
        plan = planModel(pieces, catalogue, protocol);
      } catch (error) {
        fail(error);
        return;
      }
      lend(plan, leaseOptions(request.headers['x-openclaw-session']));
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

/** No other login or model is tried from here yet: one that cools down is better than none. */
const lastResort: LeaseOptions = { cooling: true };

function leaseOptions(session: string | string[] | undefined): LeaseOptions {
  return typeof session === 'string' ? { ...lastResort, session } : lastResort;
}

/** MiniMax puts its errors into `base_resp` or `error`, also with HTTP 200. */
function mayBeError(body: Buffer, contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined || body.includes(baseRespKey) || hasError(body);
}

const baseRespKey = Buffer.from('"base_resp"');
const errorKey = Buffer.from('"error"');
const colon = 0x3a;
const space = 0x20;
const letterN = 0x6e;

/** Each answer of the Responses API has an `error`, which is null in those that are fine. */
function hasError(body: Buffer): boolean {
  for (let key = body.indexOf(errorKey); key !== -1; key = body.indexOf(errorKey, key + 1)) {
    let at = key + errorKey.length;
    while (body[at] === colon || body[at] === space) at += 1;
    if (body[at] !== letterN) return true;
  }
  return false;
}

function failedOutcome(reason: string, retryAfterMs: number | undefined): LeaseOutcome {
  return retryAfterMs === undefined ? { kind: 'failed', reason } : { kind: 'failed', reason, retryAfterMs };
}

/** What cannot be looked through might repeat the login's token. */
const unreadable = 'its text is too long or cannot be read, and is not passed on.';

function compressed(encoding: string): OpenClawError {
  return new OpenClawError({
    code: 'REQUEST_INVALID',
    message: `The request body is compressed (${cleanText(encoding, 40)}), which this gateway does not read`,
    remedy: 'Send it without a content-encoding.',
  });
}

function detailOf(classification: Classification, status: number, secrets: LeaseSecrets): string {
  const message = tellWithout(classification.message, secrets, 120);
  return message === '' ? `HTTP ${status}` : `HTTP ${status}: ${message}`;
}

function loginRefused(lease: Lease, detail: string): OpenClawError {
  return new OpenClawError({
    code: 'UPSTREAM_UNAUTHORIZED',
    message: `${lease.provider} refused the login ${lease.profileId}, also after a refresh (${detail})`,
    data: { profileId: lease.profileId },
  });
}

/** The resolver holds a login that has just been refreshed: what the upstream says of it is the answer. */
function isFreshRefused(error: unknown): boolean {
  return isOpenClawError(error) && error.code === 'TOKEN_REFUSED' && error.data['isFresh'] === true;
}
