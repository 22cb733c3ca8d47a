// A resolver that hands out numbered tokens and remembers what it was asked and told. `rejected` gives the next token.
import type { Lease, LeaseOptions, LeaseOutcome, Resolver } from '../../src/auth/lease.ts';
import { OpenClawError } from '../../src/errors.ts';

export type FakeResolver = Resolver & {
  readonly asked: { provider: string; model: string; rejected: number | undefined }[];
  readonly outcomes: LeaseOutcome[];
  /** Replaces the answer; called with each request for a lease. */
  answer: (lease: Lease, options: LeaseOptions | undefined) => Lease | Promise<Lease>;
};

export function createFakeResolver(baseUrl: string): FakeResolver {
  const resolver: FakeResolver = {
    asked: [],
    outcomes: [],
    answer: (lease) => lease,
    lease(provider, model, options) {
      const rejected = options?.rejected?.generation;
      if (options?.exclude?.has(`${provider}:default`) === true) {
        throw new OpenClawError({ code: 'NO_PROFILE', message: 'No other login', data: { excluded: true } });
      }
      resolver.asked.push({ provider, model, rejected });
      const generation = (rejected ?? 0) + 1;
      const token = `upstream-token-${generation}`;
      const lease: Lease = {
        profileId: `${provider}:default`,
        provider,
        baseUrl,
        headers: { authorization: `Bearer ${token}`, 'x-api-key': token },
        generation,
        // When an attempt was sent is of no interest here.
        report: (outcome) => {
          const { sentAtMs: _sentAtMs, ...told } = { sentAtMs: 0, ...outcome };
          resolver.outcomes.push(told);
        },
      };
      return resolver.answer(lease, options);
    },
  };
  return resolver;
}
