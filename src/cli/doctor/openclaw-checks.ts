// Whether OpenClaw uses the same folder, and what in openclaw.json it would refuse to start over: its schema asks more
// than this program does, and has no key for what is this program's alone.
import { pathText, type ConfigPath } from '../../config/config-path.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { openClawBinds, openClawProviders } from '../../config/openclaw-keys.ts';
import { treeOf } from '../../config/tree.ts';
import { isOpenClawError } from '../../errors.ts';
import { openClawTraces } from '../openclaw-traces.ts';
import type { Check } from './check.ts';
import { ok, shown, type Finding } from './finding.ts';

export const openclawCheck: Check = {
  name: 'traces of OpenClaw',
  run({ config, paths }) {
    const loaded = isOpenClawError(config) ? undefined : config;
    const traces = openClawTraces(paths.stateDir, loaded?.raw ?? {});
    return traces.length === 0 ? [ok('config.openclaw', 'no traces of it')] : judgeTraces(traces, loaded);
  },
};

function judgeTraces(
  traces: readonly string[],
  config: Pick<LoadedConfig, 'raw' | 'file' | 'placeOf'> | undefined,
): Finding[] {
  const seen: Finding = {
    id: 'config.openclaw',
    severity: 'info',
    text: `OpenClaw uses this folder too (${traces.join(', ')}): only keys that it documents are written into openclaw.json.`,
    remedy: 'Both can use it. For a folder of this program alone, set OPENCLAW_STATE_DIR.',
  };
  if (config === undefined) return [seen];
  return [
    seen,
    ...refusedByOpenClaw(config.raw).map(({ path, why }): Finding => ({
      id: 'config.openclaw',
      severity: 'warning',
      text: `${shown(config.file)}:${config.placeOf(path).line}: OpenClaw may refuse to start over ${pathText(path)}: ${why}.`,
      remedy:
        'Change it in the file that both read, or give this program a folder of its own: OPENCLAW_STATE_DIR.',
    })),
  ];
}

type Refused = { readonly path: ConfigPath; readonly why: string };

export function refusedByOpenClaw(raw: Readonly<Record<string, unknown>>): Refused[] {
  const refused: Refused[] = [];
  const refuse = (path: ConfigPath, why: string): void => void refused.push({ path, why });
  const entry = treeOf(treeOf(treeOf(raw['plugins'])['entries'])['minimax-portal-auth']);
  if ('config' in entry) {
    refuse(
      ['plugins', 'entries', 'minimax-portal-auth', 'config'],
      'it checks these settings by the plugin of that name that it has itself',
    );
  }
  // Its older documents have the names themselves in the block, and so has this program.
  for (const name of Object.keys(treeOf(raw['env'])))
    if (name !== 'vars' && name !== 'shellEnv') refuse(['env', name], 'since 2026.9 it reads env.vars alone');
  const { bind, port } = treeOf(raw['gateway']);
  if (bind !== undefined && !openClawBinds.some((word) => word === bind))
    refuse(['gateway', 'bind'], `it takes ${openClawBinds.join(', ')}`);
  if (port === 0) refuse(['gateway', 'port'], 'it takes 1 to 65535');
  for (const [id, value] of Object.entries(treeOf(treeOf(raw['models'])['providers']))) {
    const { baseUrl, models } = treeOf(value);
    const path = ['models', 'providers', id];
    if (!openClawProviders.includes(id)) {
      const missing = [
        ...(typeof baseUrl === 'string' && baseUrl !== '' ? [] : ['baseUrl']),
        ...(Array.isArray(models) ? [] : ['models']),
      ];
      if (missing.length > 0)
        refuse(path, `it asks for ${missing.join(' and ')} of a provider that it does not bring itself`);
    }
    for (const [index, model] of (Array.isArray(models) ? models : []).entries()) {
      const { name } = treeOf(model);
      if (typeof name !== 'string' || name === '')
        refuse([...path, 'models', index], 'it asks for a name of every model');
    }
  }
  return refused;
}
