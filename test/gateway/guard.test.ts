// What wrong tokens cost, and that they cost the right one nothing; who reads the figures.
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/gateway/metrics.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import {
  errorIn,
  gatewayToken,
  openStage,
  type Answer,
  type Call,
  type Stage,
} from '../support/gateway-stage.ts';

const wrong: Call = { headers: { 'x-api-key': 'wrong' } };

async function openGuarded(): Promise<Stage & { clock: FakeClock }> {
  const clock = createFakeClock();
  const metrics = createMetrics();
  const stage = await openStage((_request, response) => void response.end('{}'), { clock, metrics });
  return { ...stage, clock };
}

async function callTimes(stage: Stage, count: number, call: Call): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let index = 0; index < count; index += 1) answers.push(await stage.call(call));
  return answers;
}

const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);

describe('ten wrong tokens in a minute', () => {
  it('end in 429 with the time that is left, on a connection that is closed, and not to be tried again', async () => {
    const stage = await openGuarded();
    expect(new Set(statuses(await callTimes(stage, 10, wrong)))).toEqual(new Set([401]));
    await stage.clock.advance(1_000);
    const limited = await stage.call(wrong);
    expect([limited.status, errorIn(limited).type]).toEqual([429, 'rate_limit_error']);
    expect(limited.headers).toMatchObject({
      'retry-after': '300',
      connection: 'close',
      'x-should-retry': 'false',
    });
    await stage.clock.advance(100_000);
    expect((await stage.call(wrong)).headers['retry-after']).toBe('200');
    await stage.clock.advance(200_000);
    expect((await stage.call(wrong)).status).toBe(401);
  });

  it('harm no right one, nor a probe, nor a client that sends none', async () => {
    const stage = await openGuarded();
    await callTimes(stage, 12, wrong);
    expect((await stage.call()).status).toBe(200);
    expect(
      (await stage.call({ headers: { 'x-api-key': '', authorization: `Bearer ${gatewayToken}` } })).status,
    ).toBe(200);
    for (const path of ['/', '/healthz', '/readyz', '/startupz']) {
      expect((await stage.call({ method: 'GET', path, ...wrong })).status).toBe(200);
    }
    const without = await stage.call({ headers: { 'x-api-key': '' } });
    expect([without.status, errorIn(without).message]).toEqual([401, expect.stringContaining('has none')]);
    expect((await stage.call(wrong)).status).toBe(429);
  });

  it('are one line of the log, which has the address and no token', async () => {
    const stage = await openGuarded();
    await callTimes(stage, 30, { headers: { 'x-api-key': 'wrong-canary' } });
    const lines = stage.log.filter(({ event }) => event !== 'gateway listening');
    expect(lines).toEqual([
      { event: 'wrong tokens limited', fields: { address: '127.0.0.1', forSeconds: 300 } },
    ]);
  });

  it('are not what probes and clients without a token add up to', async () => {
    const stage = await openGuarded();
    await callTimes(stage, 15, { headers: { 'x-api-key': '' } });
    await callTimes(stage, 15, { method: 'GET', path: '/healthz', ...wrong });
    expect((await stage.call(wrong)).status).toBe(401);
  });

  it('are answered whole, also under a large body', async () => {
    const stage = await openGuarded();
    await callTimes(stage, 10, wrong);
    const answer = await stage.call({ ...wrong, body: Buffer.alloc(4 * 1024 * 1024, 'x') });
    expect([answer.status, errorIn(answer).type]).toEqual([429, 'rate_limit_error']);
    expect(stage.resolver.asked).toEqual([]);
  });
});

describe('/metrics', () => {
  const page: Call = { method: 'GET', path: '/metrics' };

  it('is for those who have the token', async () => {
    const stage = await openGuarded();
    expect((await stage.call({ ...page, headers: { 'x-api-key': '' } })).status).toBe(401);
    expect((await stage.call({ ...page, ...wrong })).status).toBe(401);
    const answer = await stage.call({
      ...page,
      headers: { 'x-api-key': '', authorization: `Bearer ${gatewayToken}` },
    });
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    const text = answer.body.toString();
    expect(text).toContain('\nopenclaw_active_requests 1\n');
    expect(text).toContain('\nopenclaw_refused_total{code="GATEWAY_UNAUTHORIZED"} 2\n');
    expect((await stage.call({ ...page, method: 'POST' })).status).toBe(405);
  });

  it('shows the logins', async () => {
    const clock = createFakeClock();
    const stage = await openStage(() => {}, {
      clock,
      profileFigures: () => [
        { id: 'p:default', provider: 'p', expiresAtMs: clock.nowMs() + 60_000, cooldowns: 1, isDead: false },
      ],
    });
    const text = (await stage.call(page)).body.toString();
    expect(text).toContain('\nopenclaw_token_expiry_seconds{provider="p",profile="p:default"} 60\n');
    expect(text).toContain('\nopenclaw_cooldowns_active{provider="p",profile="p:default"} 1\n');
  });
});

it('a further name is answered to when it has been given', async () => {
  const stage = await openStage((_request, response) => void response.end('{}'), {
    hostNames: ['box.local'],
  });
  const as = async (host: string): Promise<number> => (await stage.call({ headers: { host } })).status;
  expect([await as('box.local'), await as('box.local:443'), await as('other.local')]).toEqual([
    200, 200, 421,
  ]);
});
