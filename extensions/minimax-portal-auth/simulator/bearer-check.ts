// Who may call the API host. Decides whether a token or an API key is good and how a bad one is refused; the Anthropic door wants
// the token in both headers, and answers when one of them is right, holding the other against the client.
import { randomUUID } from 'node:crypto';
import { headerOf, jsonReply } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import type { Portal } from './portal-state.ts';
import type { AccessState } from './token-families.ts';

export type Door = 'anthropic' | 'openai' | 'usage';

/** Undefined when the call may go on, else the refusal. */
export function refuseCaller(portal: Portal, inbound: Inbound, door: Door): Reply | undefined {
  const { journal } = portal;
  const bearer = /^Bearer +(\S+)$/i.exec(headerOf(inbound, 'authorization') ?? '')?.[1];
  const key = door === 'anthropic' ? headerOf(inbound, 'x-api-key') : undefined;
  if (bearer === undefined) {
    journal.violate('missing_header', `${inbound.path} came without Authorization: Bearer`);
  }
  if (door === 'anthropic' && key === undefined) {
    journal.violate('missing_header', `${inbound.path} came without x-api-key`);
  }
  if (bearer !== undefined && key !== undefined && bearer !== key) {
    journal.violate('missing_header', `${inbound.path} got different tokens in its two headers`);
  }

  const tokens = new Set([bearer, key].filter((token) => token !== undefined));
  const { apiKeys } = portal.settings();
  if (door !== 'usage' && apiKeys.some((apiKey) => tokens.has(apiKey))) return undefined;
  const states = [...tokens].map((token) => portal.families.accessState(token, portal.clock.nowMs()));
  if (states.includes('wrong_region')) {
    journal.violate('wrong_region', `${inbound.path} got a token of the other region`);
  }
  if (states.includes('not_access')) {
    journal.violate('misused_token', `${inbound.path} got a refresh token`);
  }
  if (states.includes('valid')) return undefined;
  return refusal(portal, door, states[0] ?? 'unknown');
}

function refusal(portal: Portal, door: Door, reason: AccessState): Reply {
  const { authErrorStyle } = portal.settings();
  const hadItsTime = reason === 'expired' || reason === 'revoked';
  const autoStyle = hadItsTime ? 'authentication_error' : 'authorized_error';
  const style = authErrorStyle === 'auto' ? (door === 'usage' ? 'base_resp' : autoStyle) : authErrorStyle;
  switch (style) {
    case 'base_resp':
      return jsonReply(200, {
        base_resp: { status_code: 1004, status_msg: 'login fail: cookie is missing' },
      });
    case 'authentication_error':
      return jsonReply(401, {
        type: 'error',
        error: { type: 'authentication_error', message: 'invalid api key' },
      });
    case 'authorized_error':
      return jsonReply(401, {
        type: 'error',
        error: { type: 'authorized_error', message: 'invalid api key (2049)', http_code: '401' },
        request_id: randomUUID(),
      });
  }
}
