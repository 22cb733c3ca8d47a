// What supervisor and workers tell each other.

export type WorkerOrders = {
  readonly provider: string;
  readonly model: string;
  readonly profileId: string;
  readonly probe: 'messages' | 'userinfo';
  /** Concurrent users in one process. */
  readonly users: number;
};

export type ToWorker =
  | { readonly kind: 'clock'; readonly offsetMs: number }
  /** Begin to use the login. */
  | { readonly kind: 'go' }
  /** Kill yourself when the next refresh request is about to be sent, or rather not. */
  | { readonly kind: 'die_before_post'; readonly wanted: boolean }
  /** Stop using the login, and prove that it can be refreshed and used. */
  | { readonly kind: 'finish' };

export type FromWorker =
  | { readonly kind: 'loaded' }
  /** The last words of one that kills itself as it was told to. */
  | { readonly kind: 'dying'; readonly atMs: number }
  | {
      readonly kind: 'leased';
      readonly atMs: number;
      readonly startedAtMs: number;
      readonly access: string;
      readonly generation: number;
    }
  | {
      readonly kind: 'lease_failed';
      readonly atMs: number;
      readonly startedAtMs: number;
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: 'finished'; readonly ok: boolean; readonly detail: string };
