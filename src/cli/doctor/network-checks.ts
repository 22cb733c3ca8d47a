// What lies between this machine and MiniMax: proxies and certificates, which are read from the environment, and the clock,
// for which the account host of the logins is asked once, without any credential.
import { readFileSync } from 'node:fs';
import { isOpenClawError, toOpenClawError } from '../../errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { valueAt } from '../../config/tree.ts';
import type { Env } from '../../platform/env.ts';
import { checkProxies, describeProxy } from '../../platform/fetch.ts';
import { defaultPort, gatewayUrl, resolvePort } from '../gateway-address.ts';
import { formatDuration } from '../ui/duration.ts';
import type { Check, DoctorPorts } from './check.ts';
import { findingOf, ok, shown, type Finding } from './finding.ts';

export const proxyCheck: Check = {
  name: 'proxies',
  run({ env, config }) {
    if (isOpenClawError(config)) return judgeProxies(env, undefined);
    return judgeProxies(env, lmStudioUrl(config), gatewayAddress(config));
  },
};

/** What is wrong with its settings is told by the checks of the gateway. */
function gatewayAddress(config: LoadedConfig): string {
  try {
    const port = resolvePort(undefined, config);
    return gatewayUrl(config, port === 0 ? defaultPort : port);
  } catch (error) {
    if (isOpenClawError(error)) return usualAddress;
    throw error;
  }
}

const usualAddress = `http://127.0.0.1:${defaultPort}`;

function lmStudioUrl({ config }: LoadedConfig): string | undefined {
  return config.models?.providers?.['lmstudio']?.baseUrl;
}

/** `localServer`: the address of a server of the configuration that is asked like any other, such as LM Studio. */
export function judgeProxies(
  env: Env,
  localServer: string | undefined,
  gateway: string = usualAddress,
): Finding[] {
  const findings: Finding[] = [];
  try {
    checkProxies(env);
    findings.push(ok('proxy.variable', 'what is set names a proxy'));
  } catch (error) {
    return [findingOf('proxy.variable', error)];
  }
  const used = ['https://api.minimax.io', 'https://api.minimaxi.com'].map((url) => ({
    host: new URL(url).host,
    proxy: describeProxy(env, url),
  }));
  const through = used.filter(({ proxy }) => proxy !== undefined);
  if (through.length === 0) findings.push(ok('proxy.in-use', 'none on the way to MiniMax'));
  else {
    const [first] = through;
    const only = through.length === used.length ? 'MiniMax is asked' : `${first?.host ?? ''} is asked`;
    findings.push({
      id: 'proxy.in-use',
      severity: 'info',
      text: `${only} through the proxy ${shown(first?.proxy ?? '')}.`,
      remedy: 'If that is not meant, unset the variable or name the host in NO_PROXY.',
    });
  }
  const locals = [gateway, ...(localServer === undefined ? [] : [localServer])];
  const detoured = locals.find((url) => isLocal(url) && describeProxy(env, url) !== undefined);
  if (detoured === undefined) findings.push(ok('proxy.loopback', 'this machine is asked directly'));
  else {
    findings.push({
      id: 'proxy.loopback',
      severity: 'warning',
      text: `${new URL(detoured).host} is asked through the proxy ${shown(describeProxy(env, detoured) ?? '')}, which cannot reach this machine: programs that use the gateway, and LM Studio, would fail.`,
      remedy: 'Add it to the exceptions: NO_PROXY=127.0.0.1,localhost,::1',
    });
  }
  return findings;
}

function isLocal(url: string): boolean {
  const { hostname = '' } = URL.parse(url) ?? {};
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

export const certificateCheck: Check = {
  name: 'certificates',
  run: ({ processEnv }) => judgeCertificates(processEnv),
};

export function judgeCertificates(env: Env): Finding[] {
  const findings: Finding[] = [];
  const file = env['NODE_EXTRA_CA_CERTS'];
  const fault = file === undefined || file === '' ? undefined : faultOfCertificates(file);
  if (fault !== undefined) {
    findings.push({
      id: 'proxy.certificates',
      severity: 'warning',
      text: `NODE_EXTRA_CA_CERTS names ${shown(file ?? '')}, ${fault}: Node.js goes on without it.`,
      remedy: 'Name the file with the certificates of your proxy (PEM), or unset the variable.',
    });
  }
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    findings.push({
      id: 'proxy.certificates',
      severity: 'error',
      text: 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off the check of certificates: anyone on the way can read the tokens.',
      remedy: 'Unset it. For a proxy with a certificate of its own, name that in NODE_EXTRA_CA_CERTS.',
    });
  }
  return findings.length > 0 ? findings : [ok('proxy.certificates', 'nothing is wrong with them')];
}

function faultOfCertificates(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1').includes('-----BEGIN ') ? undefined : 'which holds no certificate';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return code === 'ENOENT' ? 'which is not there' : `which cannot be read (${code})`;
  }
}

export const clockCheck: Check = {
  name: 'the clock',
  async run(ports) {
    if (isOpenClawError(ports.config)) return [];
    const { config } = ports;
    const regions = (await ports.logins())
      .filter(({ record }) => record.provider === 'minimax-portal' && record.damaged !== true)
      .map(({ record }) => (record.region === 'cn' ? 'cn' : 'global'));
    const [region] = regions;
    if (region === undefined)
      return [ok('clock.skew', 'not checked: there is no login whose server could tell')];
    return [await askTime(ports, accountUrl(config, region))];
  },
};

const accountHosts = { global: 'https://account.minimax.io', cn: 'https://account.minimaxi.com' } as const;

/** Where the plugin would ask; a person may have named another host for it. */
function accountUrl({ config }: LoadedConfig, region: 'global' | 'cn'): string {
  const settings = config.plugins?.entries?.['minimax-portal-auth']?.config;
  const written = valueAt(settings, ['regions', region, 'accountUrl']);
  return typeof written === 'string' && URL.canParse(written) ? written : accountHosts[region];
}

const answerWithinMs = 3_000;

async function askTime({ fetch, clock, signal }: DoctorPorts, url: string): Promise<Finding> {
  const { host } = new URL(url);
  const late = new AbortController();
  const cancel = clock.setTimer(() => late.abort(new Error('no answer within 3 s')), answerWithinMs);
  const begunMs = clock.monotonicMs();
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, late.signal]) });
    const tookMs = clock.monotonicMs() - begunMs;
    await response.body?.cancel();
    const dateMs = Date.parse(response.headers.get('date') ?? '');
    return judgeClock(host, dateMs, clock.nowMs() - tookMs / 2);
  } catch (error) {
    signal.throwIfAborted();
    const why = isOpenClawError(error) ? error.message : describeNetwork(error);
    return ok('clock.skew', `not checked: ${host} did not answer (${shown(why)})`);
  } finally {
    cancel();
  }
}

/** undici's own message is `fetch failed`; what failed is its cause. */
function describeNetwork(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
  return typeof code === 'string' ? code : toOpenClawError(error).message;
}

/** A date has whole seconds, and an answer its way. */
const worthMentioningMs = 30_000;
const harmfulMs = 180_000;

export function judgeClock(host: string, serverMs: number, nowMs: number): Finding {
  if (Number.isNaN(serverMs)) return ok('clock.skew', `not checked: ${host} does not say what time it is`);
  // In the middle of the second that a date stands for.
  const aheadMs = nowMs - (serverMs + 500);
  const difference = formatDuration(Math.abs(aheadMs));
  if (Math.abs(aheadMs) < worthMentioningMs) return ok('clock.skew', `${difference} from that of ${host}`);
  return {
    id: 'clock.skew',
    severity: Math.abs(aheadMs) < harmfulMs ? 'warning' : 'error',
    text: `The clock of this machine is ${difference} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${host}: tokens are renewed too ${aheadMs > 0 ? 'early' : 'late'}.`,
    remedy:
      'Set it by the network: `timedatectl set-ntp true` on Linux, or the date and time settings of the system.',
  };
}
