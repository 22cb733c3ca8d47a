// The control verbs over HTTP, under /__control/ on the account host. Decides which request is which verb and what a
// bad one is told: 400 and a sentence. A page of another site may not use it.
import { z } from 'zod';
import { ControlError } from './control.ts';
import type { SimulatorControl } from './control.ts';
import { headerOf, jsonReply, methodNotAllowed } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import { faultSchema } from './faults.ts';
import { settingsPatchSchema } from './settings.ts';

const userCodeSchema = z.strictObject({ user_code: z.string().min(1) });
const nothing = z.strictObject({});

function explain(error: z.ZodError): string {
  return error.issues
    .map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message))
    .join('; ');
}

function readBody<Output>(inbound: Inbound, schema: z.ZodType<Output>): Output {
  if (inbound.body.trim() === '') return schema.parse({});
  let value: unknown;
  try {
    value = JSON.parse(inbound.body);
  } catch (cause) {
    throw new ControlError('the body is not JSON', { cause });
  }
  return schema.parse(value);
}

type Verb = (inbound: Inbound) => unknown;

export function createControlRoutes(control: SimulatorControl, ownOrigin: () => string) {
  const withUserCode =
    (decision: 'approve' | 'deny' | 'expire'): Verb =>
    (inbound) => {
      const { user_code } = readBody(inbound, userCodeSchema);
      control[decision](user_code);
      return { ok: true };
    };
  const withNothing =
    (act: () => unknown): Verb =>
    (inbound) => {
      readBody(inbound, nothing);
      return act();
    };
  const verbs: Record<string, Record<string, Verb>> = {
    state: { GET: () => control.state() },
    requests: { GET: () => ({ requests: control.requests() }) },
    'issued-tokens': { GET: () => control.issuedTokens() },
    approve: { POST: withUserCode('approve') },
    deny: { POST: withUserCode('deny') },
    expire: { POST: withUserCode('expire') },
    'expire-access': { POST: withNothing(() => ({ expired: control.expireAccess() })) },
    'revoke-access': { POST: withNothing(() => ({ revoked: control.revokeAccess() })) },
    'revoke-family': { POST: withNothing(() => ({ revoked: control.revokeFamily() })) },
    reset: {
      POST: withNothing(() => {
        control.reset();
        return { ok: true };
      }),
    },
    faults: {
      GET: () => ({ faults: control.faults() }),
      POST: (inbound) => {
        control.addFault(readBody(inbound, faultSchema));
        return { waiting: control.faults().length };
      },
      DELETE: () => {
        control.clearFaults();
        return { waiting: 0 };
      },
    },
    settings: {
      GET: () => control.settings(),
      POST: (inbound) => control.set(readBody(inbound, settingsPatchSchema)),
    },
  };

  return (inbound: Inbound): Reply => {
    const origin = headerOf(inbound, 'origin');
    if (origin !== undefined && origin !== ownOrigin()) {
      return jsonReply(403, { error: 'the control API is not open to pages of other sites' });
    }
    const name = inbound.path.slice('/__control/'.length);
    const methods = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (methods === undefined) {
      return jsonReply(404, { error: `unknown control path; known: ${Object.keys(verbs).join(', ')}` });
    }
    const verb = Object.hasOwn(methods, inbound.method) ? methods[inbound.method] : undefined;
    if (verb === undefined) return methodNotAllowed(Object.keys(methods).join(', '));
    try {
      return jsonReply(200, verb(inbound));
    } catch (error) {
      if (error instanceof z.ZodError) return jsonReply(400, { error: explain(error) });
      if (error instanceof ControlError) return jsonReply(400, { error: error.message });
      throw error;
    }
  };
}
