// Which settings say where the gateway listens, and where its own commands look for it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatewayUrl, resolveListening } from '../../src/cli/gateway-address.ts';
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts';
import { tempFolder } from '../support/temp-folder.ts';

const token = 'of-at-least-16-characters';

function load(text: string, env: Record<string, string> = {}): LoadedConfig {
  const file = join(tempFolder(), 'openclaw.json');
  writeFileSync(file, text);
  return loadConfig({ file, env, dotenvFile: `${file}.env` });
}

describe('the address of the gateway', () => {
  it.each([
    ['{}', {}, '127.0.0.1', 'http://127.0.0.1:8'],
    ['{ gateway: { bind: "lan" } }', {}, '0.0.0.0', 'http://127.0.0.1:8'],
    ['{ gateway: { bind: "custom", customBindHost: "192.0.2.7" } }', {}, '192.0.2.7', 'http://192.0.2.7:8'],
    [
      '{ gateway: { bind: "lan" } }',
      { OPENCLAW_GATEWAY_BIND: 'loopback' },
      '127.0.0.1',
      'http://127.0.0.1:8',
    ],
    ['{ gateway: { bind: "lan" } }', { OPENCLAW_GATEWAY_BIND: ' ' }, '0.0.0.0', 'http://127.0.0.1:8'],
    ['{ env: { OPENCLAW_GATEWAY_BIND: "::1" } }', {}, '::1', 'http://[::1]:8'],
  ])('%s %o: %s, found at %s', (text, env, host, url) => {
    const config = load(text, env);
    expect(config.warnings).toEqual([]);
    expect(resolveListening(config, token)).toEqual({ host, hostNames: [] });
    expect(gatewayUrl(config, 8)).toBe(url);
  });

  it('is refused beyond loopback without a token, naming the setting that asked for it', () => {
    const inFile = load('{ gateway: { bind: "lan" } }');
    expect(() => resolveListening(inFile, undefined)).toThrow(/^gateway\.bind makes/);
    const inEnv = load('{}', { OPENCLAW_GATEWAY_BIND: 'lan' });
    expect(() => resolveListening(inEnv, undefined)).toThrow(/^OPENCLAW_GATEWAY_BIND makes/);
    expect(gatewayUrl(inEnv, 8)).toBe('http://127.0.0.1:8');
  });

  it('has further names', () => {
    const config = load('{}', { OPENCLAW_GATEWAY_HOSTS: 'box.local, gateway.example:443' });
    expect(resolveListening(config, undefined).hostNames).toEqual(['box.local', 'gateway.example:443']);
  });
});
