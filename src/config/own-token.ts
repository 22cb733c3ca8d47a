// Tells the gateway's own token from a provider's key: `openclaw env` puts it into variables that hold such keys where
// tools are asked directly. Taken for one it would be sent to that provider.
import type { Env } from '../platform/env.ts';

/** Every token that was made here begins so; secret scanners and people recognise it. */
export const ownTokenPrefix = 'ocgw-';

/** Where a tool that is pointed at the gateway finds the token. */
export const toolTokenVariables = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'OPENAI_API_KEY'] as const;

/** The environment without those that hold the token, made here or given in OPENCLAW_GATEWAY_TOKEN. */
export function withoutOwnToken(env: Env): Env {
  const given = env['OPENCLAW_GATEWAY_TOKEN']?.trim();
  const isOwn = (name: string): boolean => {
    const value = env[name]?.trim() ?? '';
    return value !== '' && (value.startsWith(ownTokenPrefix) || value === given);
  };
  const held = toolTokenVariables.filter(isOwn);
  return held.length === 0
    ? env
    : Object.fromEntries(Object.entries(env).filter(([name]) => !held.some((each) => each === name)));
}
