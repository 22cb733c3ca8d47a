// openclaw.json: whether it loads, what it warns of, what it cannot fill in, which secrets stand in it, and whether the
// models that it names can be served.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathText, type ConfigPath } from '../../config/config-path.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { isOpenClawError } from '../../errors.ts';
import { readPrices } from '../../providers/prices.ts';
import type { ModelCatalogue } from '../../providers/catalogue.ts';
import { currentDefault } from '../default-model.ts';
import type { Check, DoctorPorts } from './check.ts';
import { findingOf, ok, shown, type Finding } from './finding.ts';

export const configCheck: Check = {
  name: 'the configuration',
  run: ({ config }) => (isOpenClawError(config) ? [findingOf('config.file', config)] : judgeConfig(config)),
};

type Read = Pick<LoadedConfig, 'raw' | 'warnings' | 'unavailable' | 'file' | 'exists' | 'placeOf'>;

export function judgeConfig(config: Read): Finding[] {
  const file = shown(config.file);
  const place = (path: ConfigPath): string => `${file}:${config.placeOf(path).line}`;
  const missing = new Set(config.unavailable.map(({ path }) => pathText(path)));
  const slips = config.warnings.filter(
    ({ path, message }) => !(missing.has(path) && /variable/.test(message)),
  );
  const keys = slips.map(({ line, column, message }): Finding => ({
    id: 'config.keys',
    severity: 'warning',
    text: sentence(`${file}:${line}:${column}: ${shown(message)}`),
    remedy: 'Mend that line, then check it: `openclaw config validate`.',
  }));
  const variables = config.unavailable.map(({ path, variable }): Finding => ({
    id: 'config.variables',
    severity: 'warning',
    text: `${place(path)}: ${pathText(path)} needs the variable ${shown(variable)}, which is not set: the value is left out.`,
    remedy: `Set ${shown(variable)} where openclaw runs, or write it into .env of the state folder.`,
  }));
  const secrets = plainSecrets(config.raw).map((path): Finding => ({
    id: 'config.secret',
    severity: path[0] === 'gateway' ? 'info' : 'warning',
    text: `${place(path)}: ${pathText(path)} holds a secret in plain text.`,
    remedy: secretRemedy(path),
  }));
  return [
    ok('config.file', config.exists ? file : `${file} is not there, which is an empty one`),
    ...(keys.length > 0 ? keys : [ok('config.keys', 'no slips')]),
    ...(variables.length > 0 ? variables : [ok('config.variables', 'every variable that it names is set')]),
    ...(secrets.length > 0 ? secrets : [ok('config.secret', 'no secret in plain text')]),
  ];
}

function secretRemedy(path: ConfigPath): string {
  const variable = path[0] === 'gateway' ? 'OPENCLAW_GATEWAY_TOKEN' : variableFor(path);
  const seal =
    variable === 'MINIMAX_API_KEY'
      ? 'Seal it in the store: `openclaw onboard --auth-choice minimax-api`, and take it out of the file; or s'
      : 'S';
  return path[0] === 'env'
    ? `${seal}et ${variable} in the environment or in .env of the state folder instead.`
    : `${seal}et ${variable} in the environment or in .env of the state folder, and write "\${${variable}}" here.`;
}

function variableFor(path: ConfigPath): string {
  const name = String(path[0] === 'env' ? path.at(-1) : path[2]);
  const word = name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
  return path[0] === 'env' ? word : `${word}_API_KEY`;
}

/** Keys that hold secrets by what they are for; a value with a variable is none, and one for this machine is a name. */
export function plainSecrets(raw: Readonly<Record<string, unknown>>): ConfigPath[] {
  const found: ConfigPath[] = [];
  const take = (path: ConfigPath, value: unknown): void => {
    if (typeof value === 'string' && value.trim().length >= 8 && !value.includes('${')) found.push(path);
  };
  const env = recordOf(raw['env']);
  for (const [base, block] of [
    [['env'], env],
    [['env', 'vars'], recordOf(env['vars'])],
  ] as const) {
    for (const [name, value] of Object.entries(block)) {
      if (/(^|_)(key|token|secret|password|passwd|passphrase)$/i.test(name)) take([...base, name], value);
    }
  }
  const providers = recordOf(recordOf(raw['models'])['providers']);
  for (const [id, provider] of Object.entries(providers)) {
    const { baseUrl, apiKey } = recordOf(provider);
    const isHere = typeof baseUrl === 'string' && /^http:\/\/(127\.|localhost|\[::1\])/.test(baseUrl);
    if (!isHere) take(['models', 'providers', id, 'apiKey'], apiKey);
  }
  const auth = recordOf(recordOf(raw['gateway'])['auth']);
  for (const name of ['token', 'password']) take(['gateway', 'auth', name], auth[name]);
  return found;
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export const modelsCheck: Check = {
  name: 'the models',
  deadlineMs: 4_500,
  async run(ports) {
    if (isOpenClawError(ports.config)) return [];
    let catalogue: ModelCatalogue;
    try {
      catalogue = await ports.catalogue();
    } catch (error) {
      // A store that cannot be read is told by its own check.
      if (isOpenClawError(error) && error.code.startsWith('STORE_')) return [];
      throw error;
    }
    return judgeModels(catalogue, currentDefault(ports.config), fallbacksOf(ports.config));
  },
};

function fallbacksOf({ config }: LoadedConfig): readonly string[] {
  const model = config.agents?.defaults?.model;
  return typeof model === 'string' ? [] : (model?.fallbacks ?? []);
}

export function judgeModels(
  catalogue: Pick<ModelCatalogue, 'find'>,
  primary: string | undefined,
  fallbacks: readonly string[],
): Finding[] {
  const refusalOf = (name: string): unknown => {
    try {
      catalogue.find(name);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const refusal = primary === undefined ? undefined : refusalOf(primary);
  const findings: Finding[] = [];
  if (primary === undefined) {
    findings.push({
      id: 'config.model',
      severity: 'info',
      text: 'No default model is set: a request has to name its model.',
      remedy: 'See what there is: `openclaw models list`.',
    });
  } else if (refusal === undefined) findings.push(ok('config.model', `${shown(primary)} can be served`));
  else findings.push(told(findingOf('config.model', refusal), 'The default model cannot be served.'));
  const unserved = fallbacks.flatMap((name) => {
    const trouble = refusalOf(name);
    if (trouble === undefined) return [];
    return [told(findingOf('config.fallbacks', trouble, 'warning'), 'A fallback cannot be served.')];
  });
  return unserved.length > 0
    ? [...findings, ...unserved]
    : [...findings, ok('config.fallbacks', fallbacks.length === 0 ? 'none are set' : 'all can be served')];
}

function told(finding: Finding, what: string): Finding {
  return { ...finding, text: `${what} ${finding.text}` };
}

export const pricesCheck: Check = {
  name: 'prices',
  run({ paths }) {
    const { warnings } = readPrices(paths.modelsFile);
    if (warnings.length === 0) return [ok('config.prices', 'nothing is wrong with them')];
    return warnings.map(({ line, column, message }) => ({
      id: 'config.prices',
      severity: 'warning',
      text: sentence(`${shown(paths.modelsFile)}:${line}:${column}: ${shown(message)}`),
      remedy: 'Mend that line; the prices of the catalogue count meanwhile: `openclaw usage`.',
    }));
  },
};

export const openclawCheck: Check = {
  name: 'traces of OpenClaw',
  run({ config, paths }) {
    const raw = isOpenClawError(config) ? {} : config.raw;
    const traces = [
      ...(existsSync(join(paths.stateDir, 'state', 'openclaw.sqlite')) ? ['state/openclaw.sqlite'] : []),
      ...['meta', 'wizard'].filter((key) => Object.hasOwn(raw, key)).map((key) => `${key} in openclaw.json`),
    ];
    if (traces.length === 0) return [ok('config.openclaw', 'no traces of it')];
    return judgeTraces(traces, isOpenClawError(config) ? undefined : config);
  },
};

/** Its schema asks more than this program does, and has no key for what is this program's alone. */
export function judgeTraces(
  traces: readonly string[],
  config: Pick<DoctorPorts['config'] & LoadedConfig, 'raw' | 'file' | 'placeOf'> | undefined,
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
    ...unknownToOpenClaw(config.raw).map((path): Finding => ({
      id: 'config.openclaw',
      severity: 'warning',
      text: `${shown(config.file)}:${config.placeOf(path).line}: OpenClaw may refuse to start over ${pathText(path)}.`,
      remedy:
        'Take it out of the file that both read, or give this program a folder of its own: OPENCLAW_STATE_DIR.',
    })),
  ];
}

function unknownToOpenClaw(raw: Readonly<Record<string, unknown>>): ConfigPath[] {
  const paths: ConfigPath[] = [];
  const entry = recordOf(recordOf(recordOf(raw['plugins'])['entries'])['minimax-portal-auth']);
  if ('config' in entry) paths.push(['plugins', 'entries', 'minimax-portal-auth', 'config']);
  const { bind } = recordOf(raw['gateway']);
  if (typeof bind === 'string' && !['auto', 'lan', 'loopback', 'custom', 'tailnet'].includes(bind)) {
    paths.push(['gateway', 'bind']);
  }
  for (const [id, value] of Object.entries(recordOf(recordOf(raw['models'])['providers']))) {
    const provider = recordOf(value);
    if (!('baseUrl' in provider) || !('models' in provider)) paths.push(['models', 'providers', id]);
  }
  return paths;
}
