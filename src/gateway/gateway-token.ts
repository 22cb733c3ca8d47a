// The token that clients send to the gateway: made once, sealed in the store beside the logins.
import type { Random } from '../platform/random.ts';

/** Name of the secret in the store. */
export const gatewayTokenName = 'gateway-token';

/** 256 bits; the prefix lets secret scanners and people recognise it. */
export function makeGatewayToken(random: Random): string {
  return `ocgw-${random.bytes(32).toString('base64url')}`;
}
