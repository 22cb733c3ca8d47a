// What is left of the plan, under the endpoint's new and old name. Decides windows and counts from one setting, the
// used percentage: under the new name a usage count means used, under the old one it means remaining. Weekly use
// runs at half that pace. The last row is a model that the plan does not hold at all.
import { refuseCaller } from './bearer-check.ts';
import { jsonReply, methodNotAllowed } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import type { Portal } from './portal-state.ts';

const WINDOW_MS = 5 * 3_600_000;
const WEEK_MS = 7 * 86_400_000;
// The epoch was a Thursday; weeks of the plan begin on Monday, UTC.
const FIRST_MONDAY_MS = 4 * 86_400_000;
const WINDOW_CALLS = 1500;

export type UsageName = 'new' | 'old';

export function answerPlanUsage(portal: Portal, inbound: Inbound, name: UsageName): Reply {
  const { usagePath, planUsedPercent } = portal.settings();
  if (usagePath !== 'both' && usagePath !== name) return jsonReply(404, { error: 'not_found' });
  if (inbound.method !== 'GET') return methodNotAllowed('GET');
  const refused = refuseCaller(portal, inbound, 'usage');
  if (refused !== undefined) return refused;
  portal.journal.count('usageCalls');

  const nowMs = portal.serverNowMs();
  const start_time = Math.floor(nowMs / WINDOW_MS) * WINDOW_MS;
  const weekly_start_time = Math.floor((nowMs - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS;
  const windows = {
    start_time,
    end_time: start_time + WINDOW_MS,
    remains_time: start_time + WINDOW_MS - nowMs,
    weekly_start_time,
    weekly_end_time: weekly_start_time + WEEK_MS,
    weekly_remains_time: weekly_start_time + WEEK_MS - nowMs,
  };
  const used = Math.round((WINDOW_CALLS * planUsedPercent) / 100);
  const chat = {
    model_name: 'MiniMax-M*',
    ...windows,
    current_interval_total_count: WINDOW_CALLS,
    current_interval_usage_count: name === 'new' ? used : WINDOW_CALLS - used,
    current_interval_remaining_percent: 100 - planUsedPercent,
    current_interval_status: 1,
    current_weekly_total_count: 0,
    current_weekly_usage_count: 0,
    current_weekly_remaining_percent: 100 - Math.round(planUsedPercent / 2),
    current_weekly_status: 1,
  };
  const absent = {
    ...chat,
    model_name: 'speech-hd',
    current_interval_total_count: 0,
    current_interval_usage_count: 0,
    current_interval_remaining_percent: 100,
    current_interval_status: 3,
    current_weekly_remaining_percent: 100,
    current_weekly_status: 3,
  };
  return jsonReply(200, {
    base_resp: { status_code: 0, status_msg: 'success' },
    model_remains: [chat, absent],
  });
}
