// The plan's usage call: free of charge, so it also proves that a token works.
// The older name of the endpoint counts what remains where the newer counts what was used: percentages decide.
import { foreignText, readJsonAnswer, type Fetch, type UsageSnapshot } from '../../src/plugin-sdk/index.ts';
import { providerId } from './grant.ts';
import { planModels } from './models.ts';

const names = ['/v1/token_plan/remains', '/v1/api/openplatform/coding_plan/remains'] as const;
const authCodes = new Set([1004, 2049]);

export async function fetchUsage(
  fetch: Fetch,
  apiUrl: string,
  token: string,
  signal: AbortSignal | undefined,
): Promise<UsageSnapshot> {
  const empty = { provider: providerId, displayName: 'MiniMax plan', windows: [] };
  for (const name of names) {
    const response = await fetch(`${apiUrl}${name}`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.status === 404 && name !== names.at(-1)) {
      await response.body?.cancel();
      continue;
    }
    const body = await readJsonAnswer(response);
    const base = asObject(asObject(body)['base_resp']);
    if (response.status === 401 || authCodes.has(Number(base['status_code']))) {
      return { ...empty, error: 'unauthorized' };
    }
    if (response.status !== 200) return { ...empty, error: `HTTP ${response.status}` };
    if (body === undefined) return { ...empty, error: 'its answer is no JSON (HTTP 200)' };
    const code = base['status_code'];
    if (typeof code === 'number' && code !== 0) {
      const message = base['status_msg'];
      return {
        ...empty,
        error: foreignText(`${typeof message === 'string' ? message : 'error'} (${code})`, [token]),
      };
    }
    const notInPlan = readNotInPlan(body);
    const windows = readWindows(body, name === names[0]);
    return { ...empty, windows, ...(notInPlan.length === 0 ? {} : { notInPlan }) };
  }
  return { ...empty, error: 'no plan usage endpoint' };
}

/** Windows of the chat rows (`general`, `MiniMax-M*`): used percent, 0 to 100, and when the window starts anew. */
export function readWindows(body: unknown, countsUsed: boolean): UsageSnapshot['windows'] {
  const rows = asObject(body)['model_remains'];
  if (!Array.isArray(rows)) return [];
  const row = rows.map(asObject).find(isChatRow);
  if (row === undefined) return [];
  return [
    readWindow(row, 'current_interval', 'window', row['end_time'], countsUsed),
    readWindow(row, 'current_weekly', 'week', row['weekly_end_time'], countsUsed),
  ].filter((window) => window !== undefined);
}

/** Models whose row, their own or that of all chat models, has no total and no limit in either window. */
export function readNotInPlan(body: unknown): string[] {
  const rows = asObject(body)['model_remains'];
  if (!Array.isArray(rows)) return [];
  const all = rows.map(asObject);
  const isAbsent = (row: Record<string, unknown>): boolean =>
    ['current_interval', 'current_weekly'].every(
      (prefix) => row[`${prefix}_total_count`] === 0 && row[`${prefix}_status`] === 3,
    );
  const chat = all.find(isChatRow);
  return planModels
    .map(({ id }) => id)
    .filter((id) => {
      const row = all.find(({ model_name: name }) => name === id) ?? chat;
      return row !== undefined && isAbsent(row);
    });
}

function isChatRow({ model_name: name }: Record<string, unknown>): boolean {
  return name === 'general' || name === 'MiniMax-M*';
}

function readWindow(
  row: Record<string, unknown>,
  prefix: string,
  period: 'window' | 'week',
  resetAt: unknown,
  countsUsed: boolean,
): UsageSnapshot['windows'][number] | undefined {
  const unlimited = row[`${prefix}_status`] === 3;
  if (unlimited) return undefined;
  const usedPercent = readUsedPercent(row, prefix, countsUsed);
  if (usedPercent === undefined) return undefined;
  const label = `this ${period}`;
  return { label, period, usedPercent, ...(typeof resetAt === 'number' && resetAt > 0 ? { resetAt } : {}) };
}

function readUsedPercent(
  row: Record<string, unknown>,
  prefix: string,
  countsUsed: boolean,
): number | undefined {
  const remaining = row[`${prefix}_remaining_percent`];
  if (typeof remaining === 'number' && remaining >= 0 && remaining <= 100) return 100 - remaining;
  const total = row[`${prefix}_total_count`];
  const count = row[`${prefix}_usage_count`];
  if (typeof total !== 'number' || typeof count !== 'number' || total <= 0) return undefined;
  const used = countsUsed ? count / total : 1 - count / total;
  return Math.min(100, Math.max(0, Math.round(used * 100)));
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
