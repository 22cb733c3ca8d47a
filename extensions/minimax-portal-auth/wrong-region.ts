// An account lives at one of MiniMax's two sites, and a login at the other one fails in ways that say nothing: what is
// told then, and the command for the other site. A token is never shown to the other region to find out.
import { OpenClawError, isOpenClawError } from '../../src/plugin-sdk/index.ts';
import { otherRegion, type Region } from './region.ts';

/** `because`: what was seen, a clause. */
export function wrongRegion(region: Region, because: string): OpenClawError {
  const other = otherRegion(region);
  return new OpenClawError({
    code: 'LOGIN_WRONG_REGION',
    message: `This account belongs to the ${other.label} site (${other.site}), not to ${region.label} (${region.site}): ${because}.`,
    data: { region: other.id },
  });
}

/** A token that was granted a moment ago, by the account host of the same region. */
export function refusedFreshToken(region: Region): OpenClawError {
  const other = otherRegion(region);
  return new OpenClawError({
    code: 'LOGIN_WRONG_REGION',
    message: `The approval went through, but ${new URL(region.apiUrl).host} does not know the token that came of it: the account most likely belongs to the ${other.label} site (${other.site}).`,
    data: { region: other.id },
  });
}

/** Whoever opens the page of the wrong site finds no account there, and declines or gives up. */
export function suggestOtherRegion(error: unknown, region: Region): unknown {
  if (!isOpenClawError(error) || (error.code !== 'LOGIN_DENIED' && error.code !== 'LOGIN_EXPIRED'))
    return error;
  const other = otherRegion(region);
  return new OpenClawError({
    code: error.code,
    message: error.message,
    remedy: `${error.remedy} If the page did not know your account, it belongs to ${other.label} (${other.site}): \`openclaw auth login --auth-choice minimax-portal --region ${other.id}\`.`,
    data: error.data,
  });
}
