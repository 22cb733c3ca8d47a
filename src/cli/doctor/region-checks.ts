// MiniMax has two sites, and a login or key of one is unknown at the other: whether the addresses of the configuration and
// of the environment fit the logins, and each other. Nothing is asked of either site.
import { isOpenClawError } from '../../errors.ts';
import type { Env } from '../../platform/env.ts';
import { pathText } from '../../config/config-path.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { treeOf, type Tree } from '../../config/tree.ts';
import type { Check } from './check.ts';
import { ok, safeName, shown, type Finding } from './finding.ts';

export type Region = 'global' | 'cn';

const siteOf: Readonly<Record<Region, string>> = { global: 'Global, minimax.io', cn: 'CN, minimaxi.com' };

/** undefined for a host of neither site. */
export function regionOfHost(address: string): Region | undefined {
  const { hostname } = URL.parse(/^https?:/i.test(address) ? address : `https://${address}`) ?? {};
  if (hostname === undefined) return undefined;
  if (/(^|\.)minimax\.io$/.test(hostname)) return 'global';
  return /(^|\.)(minimaxi\.com|minimax\.cn)$/.test(hostname) ? 'cn' : undefined;
}

const portal = 'minimax-portal';

export const loginRegionCheck: Check = {
  name: 'the regions of the logins',
  async run(ports) {
    if (isOpenClawError(ports.config)) return [];
    const logins = (await ports.logins()).filter(({ record }) => record.provider === portal);
    const isOpen = (await ports.key()).kind === 'opened';
    const findings = logins.map(async ({ record }) => {
      if (record.damaged === true) return [];
      const stored = isOpen ? await ports.store.readProfile(record.id) : undefined;
      const credential = stored?.credential;
      const baseUrl = credential?.type === 'oauth' ? credential.baseUrl : undefined;
      return judgeLoginRegion(
        { id: record.id, region: record.region, baseUrl },
        ports.config as LoadedConfig,
      );
    });
    const found = (await Promise.all(findings)).flat();
    return found.length > 0 ? found : [ok('login.region', 'every login goes to its own site')];
  },
};

function judgeLoginRegion(
  login: { readonly id: string; readonly region: string | undefined; readonly baseUrl?: string | undefined },
  config: Pick<LoadedConfig, 'config' | 'file' | 'placeOf'>,
): Finding[] {
  const { region, id } = login;
  if (region !== 'global' && region !== 'cn') return [];
  const settings = entryConfig(config.config.plugins?.entries?.['minimax-portal-auth']?.config, region);
  const written = [
    {
      path: ['models', 'providers', portal, 'baseUrl'],
      url: config.config.models?.providers?.[portal]?.baseUrl,
    },
    ...['apiUrl', 'accountUrl', 'issuer'].map((key) => ({
      path: ['plugins', 'entries', 'minimax-portal-auth', 'config', 'regions', region, key],
      url: settings[key],
    })),
  ];
  const findings = written.flatMap(({ path, url }): Finding[] => {
    const there = typeof url === 'string' ? regionOfHost(url) : undefined;
    if (there === undefined || there === region) return [];
    const place = `${shown(config.file)}:${config.placeOf(path).line}`;
    return [
      {
        id: 'login.region',
        severity: 'error',
        text: `${shown(id)} is of the ${region} site (${siteOf[region]}), and ${pathText(path)} sends it to the ${there} one (${siteOf[there]}), which does not know it.`,
        remedy: `Take that key out of ${place}, or log in at that site: \`openclaw auth login --auth-choice minimax-portal --region ${there}\`.`,
      },
    ];
  });
  const own = login.baseUrl === undefined ? undefined : regionOfHost(login.baseUrl);
  if (own !== undefined && own !== region) {
    const name = safeName(id);
    findings.push({
      id: 'login.region',
      severity: 'error',
      text: `${shown(id)} says it is of the ${region} site (${siteOf[region]}), and its token is good at the ${own} one (${siteOf[own]}).`,
      remedy: `Log in again: \`openclaw auth login --auth-choice minimax-portal --region ${own}${name === undefined ? '' : ` --profile-id ${name}`}\`.`,
    });
  }
  return findings;
}

function entryConfig(settings: unknown, region: Region): Tree {
  const regions = treeOf(treeOf(settings)['regions']);
  return treeOf(regions[region]);
}

export const keyRegionCheck: Check = {
  name: 'the site of the key',
  run({ config, env }) {
    if (isOpenClawError(config)) return [];
    return judgeKeyRegion(env, config.config.models?.providers?.['minimax']?.baseUrl);
  },
};

/** Which site a key is of cannot be seen in it: only whether all that is said of it agrees. */
export function judgeKeyRegion(env: Env, baseUrl: string | undefined): Finding[] {
  const host = env['MINIMAX_API_HOST']?.trim() ?? '';
  const word = env['MINIMAX_REGION']?.trim().toLowerCase() ?? '';
  const said: [string, Region | undefined][] = [];
  if (baseUrl !== undefined) said.push(['models.providers.minimax.baseUrl', regionOfHost(baseUrl)]);
  if (host !== '') said.push(['MINIMAX_API_HOST', regionOfHost(host)]);
  if (word === 'global' || word === 'cn') said.push(['MINIMAX_REGION', word]);
  const findings: Finding[] = [];
  if (word !== '' && word !== 'global' && word !== 'cn') {
    findings.push({
      id: 'key.region',
      severity: 'warning',
      text: `MINIMAX_REGION is "${shown(word)}", which is neither global nor cn: it counts for nothing.`,
      remedy: 'Set it to global or cn, then see what is served: `openclaw models list`.',
    });
  }
  const known = said.filter((each): each is [string, Region] => each[1] !== undefined);
  const [first] = known;
  const other = known.find(([, region]) => region !== first?.[1]);
  if (first !== undefined && other !== undefined) {
    findings.push({
      id: 'key.region',
      severity: 'warning',
      text: `${first[0]} names the ${first[1]} site (${siteOf[first[1]]}), and ${other[0]} the ${other[1]} one (${siteOf[other[1]]}): the first counts, and a key of the other site is refused there.`,
      remedy: `Leave only the one that is of the key's site, then see what is served: \`openclaw models list\`.`,
    });
  }
  if (findings.length > 0) return findings;
  const at = first === undefined ? '' : `: ${first[1]} (${first[0]})`;
  return [ok('key.region', `what is said of the key's site agrees${at}`)];
}
