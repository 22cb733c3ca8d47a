// Which values of another tool's file are MiniMax credentials in plain text: by the shapes that these tools write. Pure:
// trees in, paths out; no value is ever part of an answer.
import { treeOf, type Tree } from '../../config/tree.ts';
import { regionOfHost } from './region-checks.ts';

export type SecretKind = 'access token' | 'refresh token' | 'API key';

/** Where it stands, and what it is. `remove` is what goes when it is scrubbed: the value, or the login around it. */
export type PlainSecret = {
  readonly path: readonly string[];
  readonly kind: SecretKind;
  readonly remove: readonly string[];
};

const kindOf: Readonly<Record<string, SecretKind>> = {
  access: 'access token',
  access_token: 'access token',
  refresh: 'refresh token',
  refresh_token: 'refresh token',
  token: 'access token',
  key: 'API key',
  apiKey: 'API key',
  api_key: 'API key',
  MINIMAX_API_KEY: 'API key',
};

/** OpenClaw's `auth-profiles.json`, `auth.json`, `oauth.json`, and the same as a column of its database. */
export function inAuthProfiles(tree: unknown): PlainSecret[] {
  const profiles = treeOf(tree)['profiles'];
  const base = profiles === undefined ? [] : ['profiles'];
  return Object.entries(treeOf(profiles ?? tree)).flatMap(([id, value]) => {
    const login = treeOf(value);
    const { provider } = login;
    const isOurs = /^minimax/i.test(typeof provider === 'string' ? provider : id);
    return isOurs ? secretsOf(login, [...base, id], [...base, id]) : [];
  });
}

/** OpenClaw's `models.json` of an agent, which it makes from its configuration. */
export function inAgentModels(tree: unknown): PlainSecret[] {
  return Object.entries(treeOf(treeOf(tree)['providers'])).flatMap(([id, value]) => {
    if (!/^minimax/i.test(id)) return [];
    const path = ['providers', id];
    const { apiKey } = treeOf(value);
    // The name of a variable, or a word that stands for a login, is no key.
    const isKey = typeof apiKey === 'string' && apiKey.length >= 20 && !/^[A-Z0-9_]+$/.test(apiKey);
    return isKey ? [{ path: [...path, 'apiKey'], kind: 'API key', remove: [...path, 'apiKey'] }] : [];
  });
}

/** `config.json` and `credentials.json` of MiniMax's own program. */
export function inMmx(tree: unknown): PlainSecret[] {
  const root = treeOf(tree);
  return [...secretsOf(root, [], undefined), ...secretsOf(treeOf(root['oauth']), ['oauth'], ['oauth'])];
}

/** `settings.json` of Claude Code, where it is pointed at one of MiniMax's sites. */
export function inClaudeSettings(tree: unknown): PlainSecret[] {
  const env = treeOf(treeOf(tree)['env']);
  const address = env['ANTHROPIC_BASE_URL'];
  if (typeof address !== 'string' || regionOfHost(address) === undefined) return [];
  return ['ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_API_KEY'].flatMap((name): PlainSecret[] => {
    const path = ['env', name];
    return isPlainSecret(env[name]) ? [{ path, kind: 'API key', remove: path }] : [];
  });
}

function secretsOf(
  holder: Tree,
  path: readonly string[],
  remove: readonly string[] | undefined,
): PlainSecret[] {
  return Object.entries(holder).flatMap(([name, value]) => {
    const kind = Object.hasOwn(kindOf, name) ? kindOf[name] : undefined;
    if (kind === undefined || !isPlainSecret(value)) return [];
    const here = [...path, name];
    return [{ path: here, kind, remove: remove ?? here }];
  });
}

/** A reference to a variable or to another store is none. */
export function isPlainSecret(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 8 && !value.includes('${');
}
