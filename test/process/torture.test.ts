// The torture program for a few seconds against each server: whatever was killed, stopped or lost, nobody spends a
// refresh token twice without need, and everybody recovers. `npm run torture` does it for longer, and times it.
import { describe, expect, it } from 'vitest';
import { judge } from '../torture/ledger.ts';
import { torture } from '../torture/supervisor.ts';

/** How long a wait is depends on what else this machine does. */
const limits = { stallMs: Infinity, graceMs: Infinity };

describe('processes that are killed, stopped and lied to, with one login', () => {
  it.for(['simulator', 'oidc'] as const)(
    'R5: at %s, lose it only between the answer and its saving',
    { timeout: 120_000 },
    async (server, context) => {
      if (process.platform === 'win32') return context.skip('Windows stops no process');
      const seed = Math.floor(Math.random() * 2 ** 32);
      const { events } = await torture({ server, seconds: 3, processes: 4, seed });
      const { violations, refreshes, requests, overlaps } = judge(events, limits);
      expect({ seed, violations, overlaps }).toEqual({ seed, violations: [], overlaps: 0 });
      expect(refreshes).toBeGreaterThan(0);
      expect(requests).toBeGreaterThanOrEqual(refreshes);
      expect(events.some(({ kind }) => kind === 'killed')).toBe(true);
    },
  );
});
