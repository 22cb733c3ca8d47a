// The queue of misbehaviours asked for. Decides which waiting fault a request meets: the first one in line that fits
// its target, until that one is used up. What a fault looks like on the wire is decided in listener.ts.
import { z } from 'zod';

export const FAULT_TARGETS = [
  'device', // device authorization
  'token', // any call of the token endpoint
  'poll',
  'refresh',
  'code', // redemption of an authorization code
  'revoke',
  'messages', // model calls, in any of the three protocols
  'usage',
  'any', // everything except pages and the control API
] as const;
export type FaultTarget = (typeof FAULT_TARGETS)[number];

const delayMs = z.number().int().min(0).max(86_400_000);

export const faultSchema = z.strictObject({
  target: z.enum(FAULT_TARGETS),
  /**
   * `status`: an error with `status` (503), `retryAfter`, `body`. `reset`: the connection is reset. `hang`: no answer
   * until the faults are cleared. `html`: a captive portal's page. `garbage`: JSON that breaks off. `slow`: waits
   * `delayMs` (1000), then processes. `late_answer`: processes, then waits. `drip`: processes, then sends a byte
   * every `delayMs` (100). `cut_stream`: processes, then breaks off after `afterEvents`, or half-way. `huge_body`:
   * 200 KB of gzip that unpack to 200 MB.
   */
  kind: z.enum([
    'status',
    'reset',
    'hang',
    'html',
    'garbage',
    'slow',
    'late_answer',
    'drip',
    'cut_stream',
    'huge_body',
  ]),
  status: z.number().int().min(200).max(599).optional(),
  retryAfter: z.union([z.string().regex(/^[\x20-\x7e]+$/), z.number().min(0)]).optional(),
  times: z.number().int().min(1).max(1_000_000).default(1),
  delayMs: delayMs.optional(),
  /** A string is sent as it is, anything else as JSON. */
  body: z.json().optional(),
  afterEvents: z.number().int().min(0).optional(),
  /** The server does its work first, and the client does not learn of it. */
  afterProcessing: z.boolean().default(false),
});

export type FaultRequest = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;

export interface Faults {
  add(fault: Fault): void;
  /** The fault for a request with these targets, which is thereby used. */
  take(targets: readonly FaultTarget[]): Fault | undefined;
  waiting(): Fault[];
  /** Forgets what waits and releases what hangs. */
  clear(): void;
  /** Calls back when hanging requests are released; the returned function takes the wish back. */
  onRelease(callback: () => void): () => void;
}

export function createFaults(): Faults {
  let queue: Fault[] = [];
  const releases = new Set<() => void>();
  return {
    add(fault) {
      queue.push(fault);
    },
    take(targets) {
      const index = queue.findIndex((fault) => fault.target === 'any' || targets.includes(fault.target));
      const fault = queue[index];
      if (fault === undefined) return undefined;
      if (fault.times > 1) queue[index] = { ...fault, times: fault.times - 1 };
      else queue.splice(index, 1);
      return fault;
    },
    waiting: () => structuredClone(queue),
    clear() {
      queue = [];
      for (const release of releases) release();
      releases.clear();
    },
    onRelease(callback) {
      releases.add(callback);
      return () => releases.delete(callback);
    },
  };
}
