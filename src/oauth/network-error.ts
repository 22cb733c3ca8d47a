// Why no answer came, in words: what a library throws when a connection, TLS or a proxy fails. Whether it is tried again is
// for the caller.
import { foreignText } from '../platform/text.ts';

export type NetworkTrouble = {
  reason: string;
  /** No byte of the request has left this machine. */
  unsent?: true;
};

const companyProxy = 'set NODE_EXTRA_CA_CERTS for a company proxy';
const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name was not found',
  EAI_AGAIN: 'the name server did not answer',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  UND_ERR_SOCKET: 'the connection was closed',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  ENETUNREACH: 'the network is unreachable',
  EHOSTUNREACH: 'the host is unreachable',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet (is the clock of this machine right?)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: `its certificate chain is self-signed (${companyProxy})`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its certificate cannot be verified (${companyProxy})`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `the issuer of its certificate is not known (${companyProxy})`,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the answer is not TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the answer is not TLS',
  UND_ERR_PRX_TLS: 'the proxy does not speak TLS',
  Z_DATA_ERROR: 'the answer is damaged',
  Z_BUF_ERROR: 'the answer is damaged',
};

/** These end a connection before a request goes out on it. */
const beforeSending = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_PRX_TLS',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** A library may quote the request that failed: `sent` are the values that were in it. */
export function describeNetworkError(error: unknown, sent: readonly string[]): NetworkTrouble {
  const cause = innermostCause(error);
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  const refusal = /^Proxy response \((\d{3})\)/.exec(message)?.[1];
  if (refusal !== undefined) return { reason: describeProxyRefusal(refusal), unsent: true };
  const known = reasons[code];
  return {
    reason: known === undefined ? foreignText(message, sent, 120).replace(/\.$/, '') : `${known} (${code})`,
    ...(beforeSending.has(code) ? { unsent: true } : {}),
  };
}

/** RFC 9110 section 9.3.6: a proxy that does not lead to the host says so with a status. */
function describeProxyRefusal(status: string): string {
  return status === '407'
    ? 'the proxy asks for a user name and a password (HTTP 407)'
    : `the proxy does not lead there (HTTP ${status})`;
}

/** What went wrong lies under the words of each layer above it. */
function innermostCause(error: unknown): unknown {
  let cause = error;
  for (let depth = 0; depth < 5 && cause instanceof Error && cause.cause instanceof Error; depth += 1) {
    ({ cause } = cause);
  }
  return cause;
}
