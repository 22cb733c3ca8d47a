// Where the files lie, by environment.
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolvePaths } from '../../src/config/paths.ts';

const home = resolve('/home/ann');
const here = resolve('/some/place');

describe('resolvePaths', () => {
  it.each([
    [{}, join(home, '.openclaw'), join(home, '.openclaw', 'openclaw.json')],
    [{ OPENCLAW_STATE_DIR: '' }, join(home, '.openclaw'), join(home, '.openclaw', 'openclaw.json')],
    [{ OPENCLAW_STATE_DIR: '~/claw' }, join(home, 'claw'), join(home, 'claw', 'openclaw.json')],
    [{ OPENCLAW_STATE_DIR: '~' }, home, join(home, 'openclaw.json')],
    [{ OPENCLAW_STATE_DIR: '~bob/x' }, join(here, '~bob/x'), join(here, '~bob/x', 'openclaw.json')],
    [{ OPENCLAW_STATE_DIR: 'state' }, join(here, 'state'), join(here, 'state', 'openclaw.json')],
    [{ OPENCLAW_CONFIG_PATH: '~/c.json5' }, join(home, '.openclaw'), join(home, 'c.json5')],
    [{ OPENCLAW_CONFIG_PATH: '../c.json' }, join(home, '.openclaw'), resolve('/some/c.json')],
    [
      { OPENCLAW_CONFIG_PATH: resolve('/etc/claw.json'), OPENCLAW_STATE_DIR: resolve('/var/claw') },
      resolve('/var/claw'),
      resolve('/etc/claw.json'),
    ],
  ])('of %j', (env, stateDir, configFile) => {
    expect(resolvePaths(env, home, here)).toEqual({
      stateDir,
      configFile,
      authDir: join(stateDir, 'auth'),
      dotenvFile: join(stateDir, '.env'),
      modelsFile: join(stateDir, 'models.json'),
      runDir: join(stateDir, 'gateway'),
    });
  });
});
