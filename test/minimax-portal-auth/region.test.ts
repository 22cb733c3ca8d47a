// Which hosts belong to which region, and what of a server's URLs is believed.
import { describe, expect, it } from 'vitest';
import { readPluginConfig } from '../../extensions/minimax-portal-auth/plugin-config.ts';
import {
  anthropicBaseUrl,
  openaiBaseUrl,
  resolveRegion,
  resolveResourceUrl,
  resolveVerificationUrl,
} from '../../extensions/minimax-portal-auth/region.ts';

const global = resolveRegion('global', {});
const cn = resolveRegion('cn', {});

describe('resource_url', () => {
  it.each([
    ['https://api.minimax.io', global, 'https://api.minimax.io/anthropic'],
    ['https://api.minimax.io/anthropic', global, 'https://api.minimax.io/anthropic'],
    ['https://api.minimax.io/anthropic/v1', global, 'https://api.minimax.io/anthropic'],
    ['https://api.minimax.cn', cn, 'https://api.minimax.cn/anthropic'],
    ['https://api.minimaxi.com/', cn, 'https://api.minimaxi.com/anthropic'],
    ['https://api.minimaxi.com', global, undefined],
    ['http://api.minimax.io', global, undefined],
    ['https://api.minimax.io:8443', global, undefined],
    ['https://api.minimax.io.evil.com', global, undefined],
    ['https://u:p@api.minimax.io', global, undefined],
    ['//api.minimax.io', global, undefined],
    ['', global, undefined],
  ])('%s', (url, region, expected) => {
    expect(resolveResourceUrl(url, region)).toBe(expected);
  });
});

describe('the address of the OpenAI APIs', () => {
  it.each([
    ['https://api.minimax.io/anthropic', 'https://api.minimax.io/v1'],
    ['https://api.minimax.io/anthropic/', 'https://api.minimax.io/v1'],
    ['https://api.minimax.io/anthropic/v1', 'https://api.minimax.io/v1'],
    ['https://api.minimax.io', 'https://api.minimax.io/v1'],
    ['https://corp.test/minimax/anthropic', 'https://corp.test/minimax/v1'],
    ['https://corp.test/anthropic/minimax/anthropic', 'https://corp.test/anthropic/minimax/v1'],
    ['https://corp.test:8443/anthropic-proxy', 'https://corp.test:8443/anthropic-proxy/v1'],
  ])('beside %s', (base, expected) => {
    expect(openaiBaseUrl(base)).toBe(expected);
  });

  it('keeps the path that the configuration writes', () => {
    for (const apiUrl of ['https://corp.test/minimax', 'https://corp.test/minimax/']) {
      const region = resolveRegion('global', { regions: { global: { apiUrl } } });
      expect(openaiBaseUrl(anthropicBaseUrl(region))).toBe('https://corp.test/minimax/v1');
    }
  });
});

describe('the page to approve on', () => {
  it.each([
    [
      'https://platform.minimax.io/oauth-authorize?user_code=A',
      global,
      'https://platform.minimax.io/oauth-authorize?user_code=A',
      true,
    ],
    [
      'https://www.minimax.io/oauth-authorize?user_code=A',
      global,
      'https://platform.minimax.io/oauth-authorize?user_code=A',
      true,
    ],
    ['https://www.minimaxi.com/oauth-authorize', cn, 'https://platform.minimaxi.com/oauth-authorize', true],
    ['https://www.minimax.io/', global, 'https://www.minimax.io/', false],
    ['https://platform.minimaxi.com/x', global, 'https://platform.minimaxi.com/x', false],
    ['https://evil.example/oauth-authorize', global, 'https://evil.example/oauth-authorize', false],
    ['https://u@platform.minimax.io/', global, 'https://u@platform.minimax.io/', false],
    ['http://platform.minimax.io/', global, 'http://platform.minimax.io/', false],
    ['javascript:alert(1)', global, 'javascript:alert(1)', false],
    ['no url \u001b[31m', global, 'no url', false],
  ])('%s', (given, region, url, trusted) => {
    expect(resolveVerificationUrl(given, region)).toEqual({ url, trusted });
  });
});

describe('overrides', () => {
  it('replace hosts, and may be loopback http only when that is allowed', () => {
    const config = {
      allowLoopbackHttp: true,
      regions: { global: { accountUrl: 'http://127.0.0.1:1/', apiUrl: 'http://127.0.0.1:2' } },
    };
    expect(resolveRegion('global', config)).toMatchObject({
      accountUrl: 'http://127.0.0.1:1',
      apiUrl: 'http://127.0.0.1:2',
    });
    expect(() => resolveRegion('global', { ...config, allowLoopbackHttp: false })).toThrow(
      /regions\.global\.accountUrl/,
    );
    expect(resolveRegion('cn', config)).toEqual(cn);
  });

  it('a wrong block is named', () => {
    expect(() => readPluginConfig({ regions: { global: { acountUrl: 'x' } } })).toThrow(/regions\.global/);
    expect(() => readPluginConfig({ dialect: 'klingon' })).toThrow(/dialect/);
    expect(readPluginConfig(undefined)).toEqual({});
  });
});
