// openclaw.json: whether it loads, what it warns of, what it cannot fill in, which secrets stand in it, and whether the
// models that it names can be served.
import { pathText, type ConfigPath } from '../../config/config-path.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { isOpenClawError } from '../../errors.ts';
import { apiKeyProviders } from '../../providers/api-key.ts';
import { readPrices } from '../../providers/prices.ts';
import type { ModelCatalogue } from '../../providers/catalogue.ts';
import { currentDefault, currentFallbacks } from '../default-model.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { ended } from '../ui/sentence.ts';
import { standingOf, type Check, type ProviderTrouble } from './check.ts';
import { judgeBackup, judgeSecrets } from './config-secrets.ts';
import { look } from './file-look.ts';
import { findingOf, ok, shown, type Finding } from './finding.ts';
import { troubleOfPlugin } from './plugin-checks.ts';
import { backupsOf } from './private-places.ts';

export const configCheck: Check = {
  name: 'the configuration',
  run({ config, paths }) {
    if (isOpenClawError(config)) return [findingOf('config.file', config)];
    const inBackups = backupsOf(paths.configFile).flatMap((backup) => judgeBackup(backup, config.raw));
    return judgeConfig(config, inBackups, look(config.file)?.isSymbolicLink() === true);
  },
};

type Read = Pick<LoadedConfig, 'raw' | 'warnings' | 'unavailable' | 'file' | 'exists' | 'placeOf'>;

/** A missing file is an empty configuration; a link to a missing one is a disk that is not there, or a slip. */
function judgeFile({ file, exists }: Read, isLink: boolean): Finding {
  const place = shown(file);
  if (exists) return ok('config.file', place);
  if (!isLink) return ok('config.file', `${place} is not there, which is an empty one`);
  return {
    id: 'config.file',
    severity: 'error',
    text: `${place} is a symbolic link to a file that is not there: nothing is configured.`,
    remedy: `Bring back the file that it leads to, or remove the link: rm ${shellWord(place)}`,
  };
}

function judgeConfig(config: Read, inBackups: readonly Finding[], isLink: boolean): Finding[] {
  const file = shown(config.file);
  const place = (path: ConfigPath): string => `${file}:${config.placeOf(path).line}`;
  const missing = new Set(config.unavailable.map(({ path }) => pathText(path)));
  const slips = config.warnings.filter(
    ({ path, message }) => !(missing.has(path) && /variable/.test(message)),
  );
  const keys = slips.map(({ file: other, line, column, message }): Finding => ({
    id: 'config.keys',
    severity: 'warning',
    text: ended(`${other === undefined ? file : shown(other)}:${line}:${column}: ${shown(message)}`),
    remedy: 'Mend that line, then check it: `openclaw config validate`.',
  }));
  const variables = config.unavailable.map(({ path, variable }): Finding => ({
    id: 'config.variables',
    severity: 'warning',
    text: `${place(path)}: ${pathText(path)} needs the variable ${shown(variable)}, which is not set: the value is left out.`,
    remedy: `Set ${shown(variable)} where openclaw runs, or write it into .env of the state folder.`,
  }));
  const secrets = [...judgeSecrets(config), ...inBackups];
  return [
    judgeFile(config, isLink),
    ...(keys.length > 0 ? keys : [ok('config.keys', 'no slips')]),
    ...(variables.length > 0 ? variables : [ok('config.variables', 'every variable that it names is set')]),
    ...(secrets.length > 0 ? secrets : [ok('config.secret', 'no secret in plain text')]),
  ];
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
    const [primary, fallbacks] = [currentDefault(ports.config), currentFallbacks(ports.config)];
    const { running } = await standingOf(ports);
    return judgeModels(catalogue, primary, fallbacks, await ports.providerTroubles(), running?.keyProviders);
  },
};

/** `keysElsewhere`: providers that the gateway has a key for, which another shell has started. */
export function judgeModels(
  catalogue: Pick<ModelCatalogue, 'find'>,
  primary: string | undefined,
  fallbacks: readonly string[],
  troubles: ReadonlyMap<string, ProviderTrouble> = new Map(),
  keysElsewhere: readonly string[] = [],
): Finding[] {
  const refusalOf = (name: string): unknown => {
    try {
      catalogue.find(name);
      return undefined;
    } catch (error) {
      const provider = name.split('/', 1)[0] ?? '';
      const isKeyless = isOpenClawError(error) && error.data['cause'] === 'no_credentials';
      if (isKeyless && keysElsewhere.includes(provider)) return undefined;
      const trouble = troubles.get(provider);
      // To the catalogue the provider is one that nobody brings.
      return trouble === undefined ? error : troubleOfPlugin(trouble);
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
