// openclaw.json: whether it loads, what it warns of, what it cannot fill in, which secrets stand in it, and whether the
// models that it names can be served.
import { pathText, type ConfigPath } from '../../config/config-path.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { isSecret, looksSecret } from '../../config/secret-places.ts';
import { variableFor } from '../../config/secret-variable.ts';
import { valueAt, type Tree } from '../../config/tree.ts';
import { isOpenClawError } from '../../errors.ts';
import { apiKeyProviders } from '../../providers/api-key.ts';
import { readPrices } from '../../providers/prices.ts';
import type { ModelCatalogue } from '../../providers/catalogue.ts';
import { currentDefault, currentFallbacks } from '../default-model.ts';
import { ended } from '../ui/sentence.ts';
import type { Check } from './check.ts';
import { findingOf, ok, shown, type Finding } from './finding.ts';

export const configCheck: Check = {
  name: 'the configuration',
  run: ({ config }) => (isOpenClawError(config) ? [findingOf('config.file', config)] : judgeConfig(config)),
};

type Read = Pick<LoadedConfig, 'raw' | 'warnings' | 'unavailable' | 'file' | 'exists' | 'placeOf'>;

function judgeConfig(config: Read): Finding[] {
  const file = shown(config.file);
  const place = (path: ConfigPath): string => `${file}:${config.placeOf(path).line}`;
  const missing = new Set(config.unavailable.map(({ path }) => pathText(path)));
  const slips = config.warnings.filter(
    ({ path, message }) => !(missing.has(path) && /variable/.test(message)),
  );
  const keys = slips.map(({ line, column, message }): Finding => ({
    id: 'config.keys',
    severity: 'warning',
    text: ended(`${file}:${line}:${column}: ${shown(message)}`),
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
  const variable = variableFor(path);
  const seal =
    variable === 'MINIMAX_API_KEY'
      ? 'Seal it in the store: `openclaw onboard --auth-choice minimax-api`, and take it out of the file; or s'
      : 'S';
  return path[0] === 'env'
    ? `${seal}et ${variable} in the environment or in .env of the state folder instead.`
    : `${seal}et ${variable} in the environment or in .env of the state folder, and write "\${${variable}}" here.`;
}

/**
 * In the sections that this program reads; a value with a variable is none, and one for a server of this machine is a
 * name. What else stands in `env` than keys is for the program's own names to tell.
 */
function plainSecrets(raw: Tree): ConfigPath[] {
  const found: ConfigPath[] = [];
  const walk = (value: unknown, path: ConfigPath): void => {
    const [section, , id] = path;
    if (section === 'models' && path.length === 4 && path[3] === 'apiKey') {
      if (isOfThisMachine(valueAt(raw, ['models', 'providers', String(id), 'baseUrl']))) return;
    }
    if (typeof value === 'string') {
      const names = section === 'env' ? path.slice(-1) : path;
      if (isSecret(value, names) && (value.trim().length >= shortestSecret || looksSecret(value)))
        found.push(path);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [name, child] of Object.entries(value))
      walk(child, [...path, Array.isArray(value) ? Number(name) : name]);
  };
  for (const path of secretSections) walk(valueAt(raw, path), path);
  return found;
}

const secretSections: readonly ConfigPath[] = [
  ['env'],
  ['models', 'providers'],
  ['plugins', 'entries'],
  ['gateway', 'auth'],
];

/** What is shorter stands for a key where none is needed. */
const shortestSecret = 8;

function isOfThisMachine(baseUrl: unknown): boolean {
  return typeof baseUrl === 'string' && /^http:\/\/(127\.|localhost|\[::1\])/.test(baseUrl);
}

export const modelsCheck: Check = {
  name: 'the models',
  deadlineMs: 4_500,
  async run(ports) {
    if (isOpenClawError(ports.config)) return [];
    // Nothing can be served then, which is told by the check of the logins.
    if ((await ports.logins()).length === 0 && apiKeyProviders(ports.config).length === 0) return [];
    let catalogue: ModelCatalogue;
    try {
      catalogue = await ports.catalogue();
    } catch (error) {
      // A store that cannot be read is told by its own check.
      if (isOpenClawError(error) && error.code.startsWith('STORE_')) return [];
      throw error;
    }
    return judgeModels(catalogue, currentDefault(ports.config), currentFallbacks(ports.config));
  },
};

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
      text: ended(`${shown(paths.modelsFile)}:${line}:${column}: ${shown(message)}`),
      remedy: 'Mend that line; the prices of the catalogue count meanwhile: `openclaw usage`.',
    }));
  },
};
