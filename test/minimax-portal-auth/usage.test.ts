// Plan windows from the two generations of the usage endpoint.
import { describe, expect, it } from 'vitest';
import { fetchUsage, readNotInPlan, readWindows } from '../../extensions/minimax-portal-auth/usage.ts';

const row = {
  model_name: 'MiniMax-M*',
  end_time: 1_776_373_200_000,
  current_interval_total_count: 1500,
  current_interval_usage_count: 228,
  current_interval_remaining_percent: 75,
  current_interval_status: 1,
  weekly_end_time: 1_776_614_400_000,
  current_weekly_total_count: 0,
  current_weekly_usage_count: 0,
  current_weekly_remaining_percent: 80,
  current_weekly_status: 1,
};

describe('windows', () => {
  it('prefer the percentage over the counts', () => {
    expect(readWindows({ model_remains: [{ ...row, model_name: 'speech-01' }, row] }, true)).toEqual([
      { label: 'this window', period: 'window', usedPercent: 25, resetAt: 1_776_373_200_000 },
      { label: 'this week', period: 'week', usedPercent: 20, resetAt: 1_776_614_400_000 },
    ]);
  });

  it('without a percentage the new name counts what was used, the old one what remains', () => {
    const counts = {
      ...row,
      current_interval_remaining_percent: undefined,
      current_weekly_remaining_percent: undefined,
    };
    expect(readWindows({ model_remains: [counts] }, true)).toMatchObject([{ usedPercent: 15 }]);
    expect(readWindows({ model_remains: [counts] }, false)).toMatchObject([{ usedPercent: 85 }]);
  });

  it('leaves out what is unlimited, and survives nonsense', () => {
    expect(readWindows({ model_remains: [{ ...row, current_interval_status: 3 }] }, true)).toHaveLength(1);
    for (const body of [undefined, null, [], 'x', { model_remains: 'x' }, { model_remains: [null, 5] }]) {
      expect(readWindows(body, true)).toEqual([]);
    }
  });
});

describe('models outside the plan', () => {
  const absent = {
    current_interval_total_count: 0,
    current_interval_status: 3,
    current_weekly_total_count: 0,
    current_weekly_status: 3,
  };
  const m27 = 'MiniMax-M2.7-highspeed';

  it.each<[string, unknown[], string[]]>([
    ['a row of its own', [row, { model_name: m27, ...absent }], [m27]],
    ['unlimited in one window only', [row, { model_name: m27, ...absent, current_weekly_status: 1 }], []],
    ['unlimited, with a total', [row, { model_name: m27, ...absent, current_weekly_total_count: 5 }], []],
    ['another kind of model', [row, { model_name: 'speech-hd', ...absent }], []],
    ['nothing told', [], []],
    ['nonsense', [null, 5, 'x', {}], []],
  ])('%s', (_, rows, expected) => {
    expect(readNotInPlan({ model_remains: rows })).toEqual(expected);
  });

  it('are all of them where the row of all chat models says so, but for one with a row of its own', () => {
    const rows = [
      { ...row, ...absent },
      { ...row, model_name: 'MiniMax-M3' },
    ];
    const absentModels = readNotInPlan({ model_remains: rows });
    expect(absentModels).toContain('MiniMax-M2.1');
    expect(absentModels).not.toContain('MiniMax-M3');
  });
});

describe('the call', () => {
  const answer = (answers: Record<string, () => Response>) => (url: string) =>
    Promise.resolve((answers[new URL(url).pathname] ?? (() => new Response('', { status: 404 })))());
  const api = 'https://api.minimax.io';

  it('falls back to the old name', async () => {
    const fetch = answer({
      '/v1/api/openplatform/coding_plan/remains': () => Response.json({ model_remains: [row] }),
    });
    expect(await fetchUsage(fetch, api, 't', undefined)).toMatchObject({
      windows: [{ usedPercent: 25 }, {}],
    });
  });

  it.each([
    ['401', () => new Response('{}', { status: 401 }), 'unauthorized'],
    [
      '1004 in 200',
      () => Response.json({ base_resp: { status_code: 1004, status_msg: 'login fail' } }),
      'unauthorized',
    ],
    [
      '403: a plan without this call says nothing of the token',
      () => new Response('{}', { status: 403 }),
      'HTTP 403',
    ],
    ['503', () => new Response('', { status: 503 }), 'HTTP 503'],
    [
      'another code',
      () => Response.json({ base_resp: { status_code: 1000, status_msg: 'x\u001b[31m\ny' } }),
      'x y (1000)',
    ],
  ])('%s', async (_name, make, error) => {
    expect(await fetchUsage(answer({ '/v1/token_plan/remains': make }), api, 't', undefined)).toMatchObject({
      error,
    });
  });
});
