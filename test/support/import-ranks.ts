// The import rules as data: a file imports lower ranks (and its own folder) only, type-only imports too.
// The order is that of the map in src/README.md.
import type { IForbiddenRuleType } from 'dependency-cruiser';

export const ranks: readonly (readonly string[])[] = [
  ['src/redaction.ts', 'src/version.ts'],
  ['src/errors.ts'],
  ['src/platform/'],
  ['src/language/'],
  ['src/oauth/'],
  ['src/plugin-sdk/'],
  ['src/config/', 'src/vault/', 'src/wire/'],
  ['src/store/'],
  ['src/auth/', 'src/providers/', 'src/plugins/'],
  ['src/gateway/'],
  ['src/app.ts'],
  ['src/serving.ts'],
  ['src/cli/'],
  ['src/main.ts'],
];

const simulator = 'extensions/[^/]+/simulator/';

const pattern = (place: string): string =>
  `^${place.replaceAll('.', '\\.')}${place.endsWith('/') ? '' : '$'}`;

export function importRules(): IForbiddenRuleType[] {
  const rules: IForbiddenRuleType[] = [];
  for (const [rank, places] of ranks.entries()) {
    for (const place of places) {
      const forbidden = ranks
        .slice(rank)
        .flat()
        .filter((other) => other !== place);
      if (forbidden.length === 0) continue;
      rules.push({
        name: `rank-of-${place}`,
        severity: 'error',
        from: { path: pattern(place) },
        to: { path: forbidden.map(pattern) },
      });
    }
  }
  return [
    ...rules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'src-knows-no-extension',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^extensions/' },
    },
    {
      name: 'one-door-for-extensions',
      severity: 'error',
      from: { path: '^extensions/', pathNot: simulator },
      to: { path: '^src/', pathNot: '^src/plugin-sdk/index\\.ts$' },
    },
    {
      name: 'simulator-reads-the-protocol-itself',
      severity: 'error',
      from: { path: `^${simulator}` },
      to: { path: ['^src/', '^extensions/'], pathNot: `^${simulator}` },
    },
    {
      name: 'extension-without-its-simulator',
      severity: 'error',
      from: { path: '^extensions/', pathNot: simulator },
      to: { path: `^${simulator}` },
    },
    // What talks to the keychain is in the helper's process only.
    {
      name: 'keychain-child-is-started-only',
      severity: 'error',
      from: {},
      to: { path: '^src/vault/keychain-child\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'secret-service-in-the-helper-only',
      severity: 'error',
      from: { path: '^(src|extensions)/', pathNot: '^src/vault/keychain-child\\.ts$' },
      to: { path: '^src/vault/secret-service\\.ts$' },
    },
    {
      name: 'dbus-in-the-helper-only',
      severity: 'error',
      from: {
        path: '^(src|extensions)/',
        pathNot: '^src/vault/(secret-service|dbus-connection)\\.ts$',
      },
      to: { path: ['^src/vault/dbus-connection\\.ts$', 'dbus-native'] },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^(src|extensions)/' },
      to: { path: '^(test|bench|scripts)/' },
    },
  ];
}
