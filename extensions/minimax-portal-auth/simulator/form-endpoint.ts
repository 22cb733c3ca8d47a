// What every OAuth endpoint asks of a request before looking at its meaning: POST, a form, JSON accepted, no
// parameter twice (RFC 6749 section 3.2). Decides what is refused outright and what is only held against the client.
import { headerOf, mediaTypeOf, methodNotAllowed, oauthError, readForm } from './exchange.ts';
import type { Form, Inbound, Reply } from './exchange.ts';
import { findClient } from './clients.ts';
import type { PortalClient } from './clients.ts';
import type { Portal } from './portal-state.ts';

export type FormReading =
  | { readonly kind: 'form'; readonly form: Form; readonly client: PortalClient }
  | { readonly kind: 'refused'; readonly reply: Reply };

function refused(reply: Reply): FormReading {
  return { kind: 'refused', reply };
}

/** The form of a request and the client that sent it, or the reply that refuses it. */
export function readClientForm(portal: Portal, inbound: Inbound): FormReading {
  const { journal } = portal;
  if (inbound.method !== 'POST') return refused(methodNotAllowed('POST'));
  const mediaType = mediaTypeOf(inbound);
  if (mediaType !== 'application/x-www-form-urlencoded') {
    journal.violate('wrong_content_type', `${inbound.path} got ${mediaType || 'no content type'}`);
    return refused(oauthError('invalid_request', 'the body must be application/x-www-form-urlencoded'));
  }
  if (!(headerOf(inbound, 'accept') ?? '').toLowerCase().includes('application/json')) {
    journal.violate('missing_accept', `${inbound.path} was not asked for application/json`);
  }
  const form = readForm(inbound.body);
  if (form.repeated !== undefined) {
    journal.violate('repeated_parameter', `${inbound.path} got a parameter more than once`);
    return refused(oauthError('invalid_request', 'a parameter is repeated'));
  }
  const clientId = form.get('client_id');
  if (clientId === undefined) return refused(oauthError('invalid_request', 'client_id is required'));
  const client = findClient(clientId);
  if (client === undefined) return refused(clientError(portal, 'invalid_client', 'client_id is not known'));
  return { kind: 'form', form, client };
}

/** invalid_client and invalid_grant, in the style the portal is set to. */
export function clientError(
  portal: Portal,
  error: 'invalid_client' | 'invalid_grant',
  description: string,
): Reply {
  if (portal.settings().errorStyle === 'rfc') return oauthError(error, description);
  const reply = oauthError(error, description, 200);
  const status_code = error === 'invalid_client' ? 40_001 : 40_004;
  return { ...reply, body: JSON.stringify({ base_resp: { status_code, status_msg: error } }) };
}

/** Lays the configured members over an answer; null removes one. */
export function overlay(
  answer: Record<string, unknown>,
  members: Record<string, unknown> | undefined,
): Record<string, unknown> {
  const merged = { ...answer, ...members };
  return Object.fromEntries(Object.entries(merged).filter(([name]) => members?.[name] !== null));
}
