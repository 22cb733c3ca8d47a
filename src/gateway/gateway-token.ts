// The token that clients send to the gateway: made once, sealed in the store beside the logins.
import { ownTokenPrefix } from '../config/own-token.ts';
import type { Random } from '../platform/random.ts';

/** Name of the secret in the store. */
export const gatewayTokenName = 'gateway-token';

/** 256 bits. */
export function makeGatewayToken(random: Random): string {
  return `${ownTokenPrefix}${random.bytes(32).toString('base64url')}`;
}
