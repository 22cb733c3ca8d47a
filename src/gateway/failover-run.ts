// Takes one request through logins and models until one of them answers: the same login once more where that may help,
// then whichever lease-walk.ts comes to next. Before the first byte alone: from there on the answer is what it is.
// What follows a failure is decided in failover.ts, what an answer is in verdict.ts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { baseUrlFor, type Lease, type LeaseOutcome, type Resolver } from '../auth/lease.ts';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Catalogue, ModelRoute } from '../providers/model-route.ts';
import { faultOf, type Protocol } from '../wire/protocol.ts';
import { createUsageTap, type UsageTap } from '../wire/usage-tap.ts';
import { sendAttempt, type Attempt } from './attempt.ts';
import { decideNext, failoverHeader, type FailedAttempt } from './failover.ts';
import { createLeaseWalk, type LeaseWalk } from './lease-walk.ts';
import type { Ledger } from './ledger.ts';
import type { GatewayLimits } from './limits.ts';
import type { Metrics, SwitchKind } from './metrics.ts';
import { modelHeader, type ModelPlan } from './model-plan.ts';
import { refuse, refuseStatus, requestIdHeaders } from './refusal.ts';
import type { Relay } from './relay.ts';
import type { LeaseSecrets } from './repeated-secret.ts';
import type { RequestHeaders } from './request-headers.ts';
import { isEventStream, type AnswerHead, type ReadHead } from './response-headers.ts';
import { connectionFailure, unreachable, type Upstream } from './upstream.ts';
import { judgeAnswer, type Verdict } from './verdict.ts';

export type RunDeps = {
  resolver: Resolver;
  catalogue: Catalogue;
  upstream: Upstream;
  log: Log;
  clock: Clock;
  random: Random;
  limits: GatewayLimits;
  metrics: Metrics;
  /** Absent: nobody counts what is used. */
  ledger: Pick<Ledger, 'note'> | undefined;
  requestHeaders: RequestHeaders;
  readHead: ReadHead;
  secretsOf: (lease: Lease) => LeaseSecrets;
};

/** `path`: path and query as the client sent them. `isCounted`: it uses something of a plan. */
export type RunContext = {
  request: IncomingMessage;
  response: ServerResponse;
  protocol: Protocol;
  path: string;
  requestId: string;
  relay: Relay;
  startedAtMs: number;
  isCounted: boolean;
};

export type Run = {
  start(plan: ModelPlan, session: string | undefined): void;
  /** The response has been closed; `left`: before its end. */
  closed(left: boolean): void;
  /** For the log; what is not known is left out. */
  facts(): RunFacts;
};

export type RunFacts = {
  /** The one that answered, or was tried last. */
  route: ModelRoute | undefined;
  profileId: string | undefined;
  /** Requests sent to upstreams. */
  attempts: number;
  failure: string | undefined;
  /** The last failure's own words. */
  detail: string | undefined;
  firstByteMs: number | undefined;
};

/** Whatever the configuration holds: a request is not sent without end. */
const mostAttempts = 12;

export function createRun(deps: RunDeps, context: RunContext): Run {
  const { resolver, upstream, log, clock, limits, metrics, ledger } = deps;
  const { request, response, protocol, path, requestId, relay } = context;
  let plan: ModelPlan | undefined;
  let walk: LeaseWalk | undefined;
  /** Of the present lease, or the next one. */
  let route: ModelRoute | undefined;
  let lease: Lease | undefined;
  let attempt: Attempt | undefined;
  let cancelPause: (() => void) | undefined;
  let isReported = true;
  let isRenewed = false;
  /** Nothing was sent with another login or model. */
  let isFirst = true;
  let tries = 0;
  let attempts = 0;
  let sentAtMs = 0;
  let firstByteMs: number | undefined;
  let tap: UsageTap | undefined;
  let failure: string | undefined;
  let detailOfFailure: string | undefined;

  /** The outcome of the present lease, told once. */
  const report = (outcome: LeaseOutcome): void => {
    if (isReported) return;
    isReported = true;
    // A count of tokens has limits of its own: how it went says nothing of the model.
    const isTold = context.isCounted || outcome.kind === 'auth' || isOfTheLogin(outcome);
    lease?.report(isTold ? outcome : { kind: 'unknown' });
  };

  /** Of the present login and model, at their end. */
  const noteUsage = (isFailed: boolean): void => {
    if (ledger === undefined || route === undefined || lease === undefined || !context.isCounted) return;
    ledger.note({ route, profileId: lease.profileId, isFailed, usage: tap?.end() });
  };

  const ownHeaders = (): string[] => {
    const headers: string[] = route === undefined ? [] : [...modelHeader(route)];
    const failed = walk?.failed() ?? [];
    if (failed.length > 0) headers.push('x-openclaw-failover', failoverHeader(failed));
    return headers;
  };

  const fail = (error: unknown): void => {
    failure ??= isOpenClawError(error) ? error.code : 'INTERNAL';
    refuse(response, protocol, error, requestId, ownHeaders());
  };

  /** Of an answer that must not be passed on, or would be taken for a success. */
  const tellInstead = (status: number, said: string, waitMs?: number): void => {
    const headers = ownHeaders();
    if (waitMs !== undefined) headers.push('retry-after', String(Math.ceil(waitMs / 1000)));
    refuseStatus(response, protocol, status, said, requestId, headers);
  };

  const tellSwitch = (kind: SwitchKind, from: FailedAttempt): void => {
    metrics.switched(kind, from.reason);
    const fields = {
      requestId,
      kind,
      reason: from.reason,
      model: from.ref,
      profile: from.profileId,
      detail: from.detail,
      nextModel: route?.ref,
      nextProfile: lease?.profileId,
    };
    if (kind === 'again') log.info('failover', fields);
    else log.warn('failover', fields);
  };

  const send = (current: Lease): void => {
    if (plan === undefined || route === undefined) return;
    lease = current;
    isReported = false;
    if (response.destroyed) {
      report({ kind: 'unknown' });
      return;
    }
    attempts += 1;
    tries += 1;
    tap = undefined;
    sentAtMs = clock.nowMs();
    try {
      attempt = attemptWith(plan, route, current);
    } catch (error) {
      fail(error);
    }
  };

  const attemptWith = (planned: ModelPlan, here: ModelRoute, current: Lease): Attempt => {
    const secrets = deps.secretsOf(current);
    const baseUrl = baseUrlFor(current, protocol.api);
    return sendAttempt(
      upstream,
      clock,
      deps.readHead,
      limits.maxHeldBytes,
      {
        baseUrl,
        path: protocol.upstreamPath(path, baseUrl),
        headers: deps.requestHeaders(protocol.api, request.headers, current.headers, isFirst),
        body: planned.body.withModel(here.modelId),
      },
      secrets.plain,
      relay,
      requestIdHeaders(protocol, requestId, ownHeaders()),
      {
        onStart(head) {
          firstByteMs = clock.monotonicMs() - context.startedAtMs;
          metrics.upstreamAnswer(current.provider, head.status);
          plan?.body.release();
          plan = undefined;
          if (head.status >= 300) return;
          failure = undefined;
          detailOfFailure = undefined;
          const isMeasured = ledger !== undefined && head.contentEncoding === undefined;
          if (isMeasured) tap = createUsageTap(protocol.api, isEventStream(head));
          report({ kind: 'ok', sentAtMs });
        },
        onPiece: (chunk) => tap?.push(chunk),
        judge(head, body, isWhole) {
          const verdict = judgeAnswer(head, body, isWhole, secrets, clock.nowMs());
          if (verdict.kind === 'failed') return onFailed(head, current, verdict);
          if (verdict.kind !== 'withheld') return verdict.kind;
          metrics.upstreamAnswer(current.provider, head.status);
          report({ kind: 'ok', sentAtMs });
          tellInstead(502, verdict.said);
          return 'drop';
        },
        onDone: () => report({ kind: 'ok', sentAtMs }),
        onUnreachable(error) {
          metrics.upstreamAnswer(current.provider, undefined);
          const { reason, pauseMs } = connectionFailure(error);
          const told = unreachable(error, baseUrl);
          const entry: FailedAttempt = { ref: here.ref, profileId: current.profileId, reason };
          if (plan === undefined) {
            // It broke off as it began, and the request is let go.
            failure = reason;
            fail(told);
            return;
          }
          if (repeatAfter(entry, pauseMs)) return;
          report({ kind: 'failed', reason, sentAtMs });
          if (reason === 'unreachable') walk?.closePlace(baseUrl);
          if (!goOn(entry)) fail(walk?.errorOr(told));
        },
        onCut(_head, error) {
          failure = 'stream_cut';
          relay.cut(faultOf(unreachable(error, baseUrl)));
        },
      },
    );
  };

  /** An answer that is an error, before any of it was sent. */
  const onFailed = (
    head: AnswerHead,
    current: Lease,
    verdict: Extract<Verdict, { kind: 'failed' }>,
  ): 'pass' | 'drop' => {
    const { reason, detail } = verdict;
    const entry: FailedAttempt = {
      ref: route?.ref ?? '',
      profileId: current.profileId,
      reason,
      detail,
      retryAfterMs: verdict.retryAfterMs,
    };
    const drop = (): 'drop' => {
      metrics.upstreamAnswer(current.provider, head.status);
      return 'drop';
    };
    if (reason === 'auth') {
      report({ kind: 'auth', detail });
      onRefused(current, { ...entry, remedy: current.ifRefused });
      return drop();
    }
    if (repeatAfter(entry, verdict.retryAfterMs)) return drop();
    report(failedOutcome(reason, verdict.retryAfterMs, sentAtMs));
    failure = reason;
    detailOfFailure = detail;
    if (decideNext({ reason }, tries, 0).kind !== 'end') {
      if (goOn(entry)) return drop();
      const error = walk?.errorOr(undefined);
      if (error !== undefined) {
        fail(error);
        return drop();
      }
      walk?.forgetFailed();
    }
    // The only one that there was, or the client's own matter: in the upstream's own words.
    if (verdict.instead === undefined) return 'pass';
    tellInstead(verdict.instead.status, verdict.instead.said, verdict.retryAfterMs);
    return drop();
  };

  /** The login was refused: one newer token of it, then another login. */
  const onRefused = (current: Lease, entry: FailedAttempt): void => {
    const told = (): OpenClawError => loginRefused(current, entry.detail ?? '');
    const end = (error: unknown): void => {
      if (!goOn(entry)) fail(walk?.errorOr(error));
    };
    const stayRefused = (error: OpenClawError): void => {
      // Told beside the refusal itself: no newer token of it has helped, so that it is left alone for a while.
      current.report({ kind: 'failed', reason: 'auth', sentAtMs });
      end(error);
    };
    if (isRenewed) {
      stayRefused(told());
      return;
    }
    isRenewed = true;
    tries = 0;
    // One that has died, or could not be renewed now, is known as such already.
    const onLost = (error: unknown): void => {
      if (!isOpenClawError(error) || error.code !== 'TOKEN_REFUSED') end(error);
      else stayRefused(error.data['isFresh'] === true ? told() : error);
    };
    try {
      const renewed = resolver.lease(current.provider, route?.modelId ?? '', { rejected: current });
      if (renewed instanceof Promise) renewed.then(send, onLost);
      else send(renewed);
    } catch (error) {
      onLost(error);
    }
  };

  /** The same login once more, where that may help. False: not. */
  const repeatAfter = (entry: FailedAttempt, pauseMs: number | undefined): boolean => {
    if (response.destroyed || attempts >= mostAttempts) return false;
    const next = decideNext({ reason: entry.reason, pauseMs }, tries, deps.random.fraction());
    const current = lease;
    if (next.kind !== 'again' || current === undefined) return false;
    tellSwitch('again', entry);
    cancelPause = clock.setTimer(() => {
      cancelPause = undefined;
      send(current);
    }, next.delayMs);
    return true;
  };

  /** After a failed attempt: true when another login or model is under way. */
  const goOn = (entry: FailedAttempt): boolean => {
    failure = entry.reason;
    detailOfFailure = entry.detail;
    return walk?.goOn(entry, !response.destroyed && attempts < mostAttempts) === true;
  };

  const onLease = (next: Lease, nextRoute: ModelRoute, from: FailedAttempt | undefined): void => {
    if (response.destroyed) {
      next.report({ kind: 'unknown' });
      return;
    }
    isFirst = attempts === 0;
    if (!isFirst) noteUsage(true);
    tries = 0;
    isRenewed = false;
    const kind = nextRoute.ref === from?.ref ? 'next_login' : 'next_model';
    lease = next;
    route = nextRoute;
    if (from !== undefined) tellSwitch(kind, from);
    send(next);
  };

  return {
    start(planned, session) {
      plan = planned;
      route = planned.route;
      walk = createLeaseWalk({
        resolver,
        catalogue: deps.catalogue,
        api: protocol.api,
        asked: planned.route,
        session,
        onLease,
        onNothing: fail,
      });
      walk.begin();
    },
    closed(left) {
      cancelPause?.();
      if (left) {
        attempt?.abort();
        // Once the upstream has begun to answer the login has done its part; before, nobody knows.
        report({ kind: 'unknown' });
      }
      noteUsage(failure !== undefined);
    },
    facts: () => ({
      route,
      profileId: lease?.profileId,
      attempts,
      failure,
      detail: detailOfFailure,
      firstByteMs,
    }),
  };
}

function isOfTheLogin(outcome: LeaseOutcome): boolean {
  return outcome.kind === 'failed' && (outcome.reason === 'billing' || outcome.reason === 'unreachable');
}

function failedOutcome(reason: string, retryAfterMs: number | undefined, sentAtMs: number): LeaseOutcome {
  const told = { kind: 'failed', reason, sentAtMs } as const;
  return retryAfterMs === undefined ? told : { ...told, retryAfterMs };
}

function loginRefused(lease: Lease, detail: string): OpenClawError {
  return new OpenClawError({
    code: 'UPSTREAM_UNAUTHORIZED',
    message: `${lease.provider} refused the login ${lease.profileId}, also after a refresh (${detail})`,
    data: { profileId: lease.profileId },
  });
}
