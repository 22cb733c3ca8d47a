// Whether the gateway that runs takes the token that `openclaw gateway token` and `openclaw env` print: one question to it on
// this machine. Where the token cannot be had without asking somebody, nothing is asked.
import { get } from 'node:http';
import { configuredGatewayToken } from '../../app.ts';
import { isOpenClawError } from '../../errors.ts';
import { gatewayTokenName } from '../../gateway/gateway-token.ts';
import { standingOf, type Check, type DoctorPorts } from './check.ts';
import { ok, shown, type Finding } from './finding.ts';

export const tokenCheck: Check = {
  name: 'the token of the gateway',
  deadlineMs: 4_500,
  async run(ports) {
    const { running, health } = await standingOf(ports);
    if (isOpenClawError(ports.config) || running === undefined || running.url === null) return [];
    // One that does not answer is told by its own check.
    if (typeof health !== 'object') return [];
    const { isSealed, token } = await printedToken(ports);
    if (isSealed) return [ok('gateway.token', 'not checked: the key of the store is not open')];
    const answer = token === undefined ? 'no token' : await statusWith(running.url, token);
    return [judgeToken(running.url, answer)];
  },
};

/** Without a token there is none that a command could print. */
async function printedToken({
  app,
  key,
  store,
}: DoctorPorts): Promise<{ isSealed: boolean; token?: string | undefined }> {
  const configured = configuredGatewayToken(app);
  if (configured !== undefined) return { isSealed: false, token: configured };
  const { kind } = await key();
  if (kind !== 'opened') return { isSealed: kind === 'closed' };
  return { isSealed: false, token: await store.readSecret(gatewayTokenName) };
}

const answerWithinMs = 3_000;

/** undefined when nothing answers. The one path without a cost that asks for the token. */
function statusWith(url: string, token: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(`${url}/v1/models`, {
      agent: false,
      timeout: answerWithinMs,
      headers: { authorization: `Bearer ${token}` },
    });
    request.once('response', (answer) => {
      resolve(answer.statusCode);
      answer.destroy();
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
    request.once('close', () => resolve(undefined));
  });
}

/** `answer`: the status of what was asked with the token. */
export function judgeToken(url: string, answer: number | 'no token' | undefined): Finding {
  const anew = '`openclaw gateway stop`, then `openclaw gateway start`';
  if (answer === 'no token') {
    return {
      id: 'gateway.token',
      severity: 'warning',
      text: `No command can print the token of the gateway at ${shown(url)}: there is none in the store, and none is set.`,
      remedy: `Clients that have its token go on working. To have one that can be printed, log in: \`openclaw onboard\`, then start the gateway anew: ${anew}.`,
    };
  }
  if (answer === 401) {
    return {
      id: 'gateway.token',
      severity: 'warning',
      text: `The gateway at ${shown(url)} refuses the token that \`openclaw gateway token\` prints here: it was started with another one.`,
      remedy: `Clients that have its token go on working; a new one needs the token that the gateway was started with (OPENCLAW_GATEWAY_TOKEN). Or start it anew from here: ${anew}.`,
    };
  }
  return ok(
    'gateway.token',
    answer === undefined ? 'not checked: it gave no answer' : 'it takes what is printed',
  );
}
