// Walks through the logins and models that one request may be served with: the provider's logins in the resolver's order,
// then those of the next model of the chain, and at the very end, where nothing was sent, one that cools down. Keeps what
// failed on the way. What is sent, and whether it failed, is failover-run.ts's.
import { baseUrlFor, type Lease, type LeaseOptions, type Resolver } from '../auth/lease.ts';
import { isOpenClawError } from '../errors.ts';
import type { ModelApi } from '../plugin-sdk/index.ts';
import { isServedBy, type Catalogue, type Fallback, type ModelRoute } from '../providers/model-route.ts';
import { allFailed, lostLogins, refusedLease, soonestRetryMs, type FailedAttempt } from './failover.ts';

export type LeaseWalk = {
  /** The first login; `onLease` or `onNothing` is called now or later. */
  begin(): void;
  /**
   * After a failed attempt, which is kept: true when `onLease` (or `onNothing`) is called now or later, false when there
   * is nothing left (or `mayGo` false), and nothing is called.
   */
  goOn(entry: FailedAttempt, mayGo: boolean): boolean;
  /** Nothing answers at this address: other logins are not tried there either. */
  closePlace(baseUrl: string): void;
  /** Those that failed, in turn. */
  failed(): readonly FailedAttempt[];
  /** The only failure is told by its answer, and not as one of several. */
  forgetFailed(): void;
  /** What the client is told: of several all, of the only one `own`. */
  errorOr(own: unknown): unknown;
};

export type WalkDeps = {
  resolver: Resolver;
  catalogue: Catalogue;
  api: ModelApi;
  asked: ModelRoute;
  session: string | undefined;
  /** `from`: the failure that it takes the place of, if any. */
  onLease: (lease: Lease, route: ModelRoute, from: FailedAttempt | undefined) => void;
  /** There was nothing to be sent with. */
  onNothing: (error: unknown) => void;
};

export function createLeaseWalk(deps: WalkDeps): LeaseWalk {
  const { resolver, asked, session } = deps;
  let route = asked;
  /** Looked up once something has failed. */
  let chain: readonly Fallback[] | undefined;
  let position = -1;
  let excluded: Set<string> | undefined;
  let closedPlaces: Set<string> | undefined;
  let failed: readonly FailedAttempt[] = [];
  let isLastResort = false;
  let hasLent = false;
  /** The soonest that the resolver has named. */
  let retryAfterMs: number | undefined;
  /** Why there was no lease, the first time. */
  let leaseError: unknown;

  const leaseOptions = (): LeaseOptions | undefined => {
    if (session === undefined && excluded === undefined && !isLastResort) return undefined;
    return {
      ...(session === undefined ? {} : { session }),
      ...(excluded === undefined ? {} : { exclude: excluded }),
      ...(isLastResort ? { cooling: true } : {}),
    };
  };

  const add = (entry: FailedAttempt): void => {
    failed = [...failed, entry];
    if (entry.profileId !== undefined) (excluded ??= new Set()).add(entry.profileId);
  };

  const hand = (lease: Lease, from: FailedAttempt | undefined): void => {
    hasLent = true;
    deps.onLease(lease, route, from);
  };

  const noteRefusal = (error: unknown): FailedAttempt | undefined => {
    const waitMs = isOpenClawError(error) ? error.data['retryAfterMs'] : undefined;
    if (typeof waitMs === 'number') retryAfterMs = Math.min(waitMs, retryAfterMs ?? Infinity);
    const entry = refusedLease(error, route.ref);
    if (entry === undefined) return undefined;
    add(entry);
    leaseError ??= error;
    return entry;
  };

  const nextLogin = (from: FailedAttempt | undefined): boolean => {
    for (;;) {
      let lent: Lease | Promise<Lease>;
      try {
        lent = resolver.lease(route.provider, route.modelId, leaseOptions());
      } catch (error) {
        noteRefusal(error);
        return false;
      }
      if (lent instanceof Promise) {
        lent.then((lease) => {
          if (accepts(lease)) hand(lease, from);
          else if (!nextLogin(from) && !nextModel(from)) onNothing();
        }, onLateRefusal);
        return true;
      }
      if (accepts(lent)) {
        hand(lent, from);
        return true;
      }
    }
  };

  /** Not another login at a place that was not reached a moment ago. */
  const accepts = (lease: Lease): boolean => {
    if (closedPlaces?.has(baseUrlFor(lease, deps.api)) !== true) return true;
    lease.report({ kind: 'unknown' });
    add({ ref: route.ref, profileId: lease.profileId, reason: 'unreachable' });
    return false;
  };

  const nextModel = (from: FailedAttempt | undefined): boolean => {
    chain ??= deps.catalogue.fallbacks(asked);
    while (position + 1 < chain.length) {
      position += 1;
      const next = chain[position];
      if (next === undefined) continue;
      if (next.route === undefined) add({ ref: next.ref, reason: 'not_served' });
      else if (!isServedBy(next.route, deps.api)) add({ ref: next.ref, reason: 'other_api' });
      else {
        route = next.route;
        excluded = lostLogins(failed);
        if (nextLogin(from)) return true;
      }
    }
    return false;
  };

  /** A refresh that had to be waited for has failed: another login may do. */
  const onLateRefusal = (error: unknown): void => {
    const entry = noteRefusal(error);
    if (entry?.profileId !== undefined && nextLogin(entry)) return;
    if (!nextModel(entry)) onNothing();
  };

  const onNothing = (): void => {
    if (!hasLent && !isLastResort) {
      // Those that cool down from what may have passed are better than none.
      const cold = failed;
      isLastResort = true;
      position = -1;
      route = asked;
      failed = [];
      if (nextLogin(undefined) || nextModel(undefined)) return;
      failed = cold;
    }
    deps.onNothing(walk.errorOr(leaseError));
  };

  const walk: LeaseWalk = {
    begin() {
      if (!nextLogin(undefined) && !nextModel(failed[0])) onNothing();
    },
    goOn(entry, mayGo) {
      add(entry);
      if (!mayGo) return false;
      return nextLogin(entry) || nextModel(entry);
    },
    closePlace: (baseUrl) => void (closedPlaces ??= new Set()).add(baseUrl),
    failed: () => failed,
    forgetFailed() {
      failed = [];
    },
    errorOr(own) {
      if (failed.length <= 1) return own;
      const waits = [soonestRetryMs(failed), retryAfterMs].filter((waitMs) => waitMs !== undefined);
      return allFailed(asked.ref, failed, waits.length === 0 ? undefined : Math.min(...waits));
    },
  };
  return walk;
}
