// What stands between a valid token and a model: does it exist, is it in the plan, is there plan left, does the
// prompt fit. Decides the error and its number; each protocol's door writes it in its own shape.
import { findModel } from './models.ts';
import type { Settings } from './settings.ts';

export interface ModelRefusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

export function refuseModel(
  settings: Settings,
  modelId: string,
  inputTokens: number,
): ModelRefusal | undefined {
  const model = findModel(modelId);
  if (model === undefined) {
    return { status: 404, type: 'not_found_error', message: 'unknown model; ids are case-sensitive' };
  }
  if (settings.modelsOutsidePlan.includes(modelId)) {
    return { status: 500, type: 'api_error', message: `the plan does not include ${modelId} (2061)` };
  }
  if (settings.planUsedPercent >= 100) {
    return { status: 429, type: 'rate_limit_error', message: 'usage limit exceeded (2056)' };
  }
  if (inputTokens > model.contextTokens) {
    const message = `prompt is too long: ${inputTokens} tokens > ${model.contextTokens} maximum (2013)`;
    return { status: 400, type: 'invalid_request_error', message };
  }
  return undefined;
}
