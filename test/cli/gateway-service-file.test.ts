// What stands in a service file, and how install and uninstall treat it.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeService } from '../../src/cli/gateway-service-file.ts';
import { claim } from '../support/claimed-gateway.ts';
import { createHome } from '../support/cli-process.ts';

const setting = {
  homeDir: '/home/ann',
  node: '/opt/my node/bin/node',
  main: '/srv/50% $off/"main".js',
  env: {
    OPENCLAW_STATE_DIR: '/data/<claw> & more',
    OPENCLAW_GATEWAY_TOKEN: 'ocgw-secret',
    MINIMAX_API_KEY: 'sk-secret',
  },
};

describe('describeService', () => {
  it('quotes for systemd, and tells it only where things lie', () => {
    const service = describeService('linux', setting);
    expect(service?.path).toBe('/home/ann/.config/systemd/user/openclaw-minimax-gateway.service');
    expect(service?.text).toContain(
      'ExecStart="/opt/my node/bin/node" --max-semi-space-size=8 "/srv/50%% $$off/\\"main\\".js" gateway run\n',
    );
    expect(service?.text).toContain('Environment="OPENCLAW_STATE_DIR=/data/<claw> & more"\n');
    expect(service?.text).toMatch(/^Type=notify\nNotifyAccess=all\n/m);
    expect(service?.text).not.toMatch(/secret/);
  });

  it('escapes for launchd', () => {
    const service = describeService('darwin', setting);
    expect(service?.path).toBe('/home/ann/Library/LaunchAgents/ai.openclaw.minimax-gateway.plist');
    expect(service?.text).toContain('<string>/data/&lt;claw&gt; &amp; more</string>');
    expect(service?.text).toMatch(
      /<string>--max-semi-space-size=8<\/string>\n +<string>\/srv\/50% \$off\/"main".js<\/string>/,
    );
    expect(service?.text).not.toMatch(/secret/);
  });

  it('knows no other', () => {
    expect(describeService('win32', setting)).toBeUndefined();
  });
});

describe.runIf(process.platform === 'linux')('gateway install', () => {
  it('writes what --print shows, once, and removes it again', async () => {
    const home = createHome();
    const path = join(home.folder, '.config/systemd/user/openclaw-minimax-gateway.service');
    const printed = await home.run(['gateway', 'install', '--print']);
    expect([printed.code, existsSync(path)]).toEqual([0, false]);
    const { value } = await home.json(['gateway', 'install']);
    expect(value).toMatchObject({ kind: 'systemd', path, written: true, text: printed.stdout });
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([printed.stdout, 0o600]);
    expect((await home.run(['gateway', 'install'])).stdout).toContain(`It is there already: ${path}`);
    await claim(home, { mode: 'background', url: 'http://127.0.0.1:18123', port: 18_123 });
    const beside = await home.json(['gateway', 'install']);
    expect(beside.value['next']).toEqual(['openclaw gateway stop', ...(value['next'] as string[])]);
    expect(await home.json(['gateway', 'uninstall'])).toMatchObject({ code: 0, value: { removed: true } });
    expect(existsSync(path)).toBe(false);
    expect(await home.json(['gateway', 'uninstall'])).toMatchObject({ code: 0, value: { removed: false } });
  });

  it('says so when it cannot be written', async () => {
    const home = createHome();
    mkdirSync(join(home.folder, '.config'));
    writeFileSync(join(home.folder, '.config/systemd'), '');
    const { code, value } = await home.json(['gateway', 'install']);
    expect([code, value]).toEqual([1, { error: expect.objectContaining({ code: 'SERVICE_REFUSED' }) }]);
  });
});
