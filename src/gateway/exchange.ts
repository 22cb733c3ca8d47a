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
import { anthropicErrorOf } from '../wire/anthropic.ts';
import { answerText } from './answer-text.ts';
import { sendAttempt, smallAnswerBytes, type Attempt } from './attempt.ts';
import { classify, type Classification } from './classify.ts';
import type { GatewayLimits } from './limits.ts';
import { planModel, type ModelPlan } from './model-plan.ts';
import { refuse, refuseStatus, refuseUpload } from './refusal.ts';
import { createRelay, createTurnEnd } from './relay.ts';
import { createSecretsOf, repeatsSecret, tellWithout, type LeaseSecrets } from './repeated-secret.ts';
import { declaresTooMuch, readBody } from './request-body.ts';
import { createRequestHeaders } from './request-headers.ts';
import { createReadHead, type AnswerHead } from './response-headers.ts';
import { unreachable, type Upstream } from './upstream.ts';

export type ExchangeDeps = {
  resolver: Resolver;
  catalogue: Catalogue;
  upstream: Upstream;
  log: Log;
  clock: Clock;
  limits: GatewayLimits;
};

/** `path`: path and query as the client sent them. `awaitsContinue`: the client sends no body before a 100. */
export type Exchange = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  requestId: string,
  awaitsContinue: boolean,
) => void;

export function createExchange(deps: ExchangeDeps): Exchange {
  const { resolver, catalogue, upstream, log, clock, limits } = deps;
  const requestHeaders = createRequestHeaders();
  const readHead = createReadHead();
  const turnEnd = createTurnEnd();
  const secretsOf = createSecretsOf();

  return (request, response, path, requestId, awaitsContinue) => {
    const startedAtMs = clock.monotonicMs();
    const relay = createRelay(response, requestId, turnEnd);
    let plan: ModelPlan | undefined;
    let lease: Lease | undefined;
    let attempt: Attempt | undefined;
    let reported = false;
    let bytesIn = 0;
    let attempts = 0;
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
      refuse(response, thrown, requestId, model);
    };

    response.once('close', () => {
      const left = !response.writableFinished;
      if (left) {
        attempt?.abort();
        // The upstream had begun to answer: the login did its part.
        if (relay.started()) report({ kind: 'ok' });
      }
      log.info('request', {
        requestId,
        model: plan?.route.ref,
        profile: lease?.profileId,
        status: response.headersSent ? response.statusCode : undefined,
        failure,
        attempts,
        left: left || undefined,
        durationMs: Math.round(clock.monotonicMs() - startedAtMs),
        bytesIn,
        bytesOut: relay.bytes(),
      });
    });

    /** An answer that would hand the login's token to the client, or might: told in other words. */
    const withhold = (head: AnswerHead, said: string, retryAfterMs: number | undefined): 'drop' => {
      const status = head.status < 400 ? 502 : head.status;
      const headers = [...(plan?.header ?? [])];
      if (retryAfterMs !== undefined) headers.push('retry-after', String(Math.ceil(retryAfterMs / 1000)));
      refuseStatus(response, status, said, requestId, headers);
      return 'drop';
    };

    const send = (model: ModelPlan, current: Lease): void => {
      if (response.destroyed) return;
      lease = current;
      reported = false;
      attempts += 1;
      const secrets = secretsOf(current);
      attempt = sendAttempt(
        upstream,
        readHead,
        limits.maxHeldBytes,
        {
          baseUrl: current.baseUrl,
          path,
          headers: requestHeaders(request.headers, current.headers),
          body: model.body,
        },
        secrets.plain,
        relay,
        [...model.header, 'request-id', requestId],
        {
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
              return 'drop';
            }
            if (kind !== 'ok') report({ kind: 'failed', reason: kind });
            if (text === undefined) {
              if (!isError) return 'pass';
              return withhold(head, `HTTP ${head.status}; ${unreadable}`, retryAfterMs);
            }
            if (!repeatsSecret(head, body, text, secrets)) return 'pass';
            const said = tellWithout(classification.message, secrets);
            return withhold(head, said || `HTTP ${head.status}`, retryAfterMs);
          },
          onDone: () => report({ kind: 'ok' }),
          onUnreachable(error) {
            report({ kind: 'failed', reason: 'timeout' });
            fail(unreachable(error, current.baseUrl));
          },
          onCut(_head, error) {
            report({ kind: 'failed', reason: 'stream_cut' });
            relay.cut(anthropicErrorOf(unreachable(error, current.baseUrl)));
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
        plan = planModel(pieces, catalogue);
      } catch (error) {
        fail(error);
        return;
      }
      lend(plan);
    };

    const onTooLarge = (): void => {
      const error = new OpenClawError({
        code: 'REQUEST_TOO_LARGE',
        message: `The request body is larger than ${limits.maxBodyBytes} bytes`,
      });
      refuseUpload(request, response, error, requestId, clock, limits.lingerMs);
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

/** MiniMax puts its errors into `base_resp` or `error`, also with HTTP 200. */
function mayBeError(body: Buffer, contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined || body.includes(baseRespKey) || body.includes(errorKey);
}

const baseRespKey = Buffer.from('"base_resp"');
const errorKey = Buffer.from('"error"');
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
