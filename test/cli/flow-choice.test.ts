// Which way a login goes by itself, in one table.
import { describe, expect, it } from 'vitest';
import { chooseFlow, mayOpenBrowser, readPlace, type FlowFacts } from '../../src/cli/flow-choice.ts';

const nowhere = { inContainer: false, wslInterop: false, wslview: false };

const facts = (changed: Partial<FlowFacts>): FlowFacts => ({
  wanted: 'auto',
  env: {},
  platform: 'linux',
  interactive: true,
  noBrowser: false,
  place: nowhere,
  ...changed,
});

const display = { DISPLAY: ':0' };
const wsl = { WSL_DISTRO_NAME: 'Debian' };

describe('chooseFlow', () => {
  it.each<[string, Partial<FlowFacts>, string]>([
    ['a desktop with X', { env: display }, 'loopback reasonDesktop'],
    ['a desktop with Wayland', { env: { WAYLAND_DISPLAY: 'wayland-0' } }, 'loopback reasonDesktop'],
    ['macOS', { platform: 'darwin' }, 'loopback reasonDesktop'],
    ['Windows', { platform: 'win32' }, 'loopback reasonDesktop'],
    ['Linux without a display', {}, 'device reasonNoDisplay'],
    ['an empty DISPLAY', { env: { DISPLAY: '' } }, 'device reasonNoDisplay'],
    ['SSH', { env: { ...display, SSH_CONNECTION: '1 2 3 4' } }, 'device reasonSsh'],
    ['SSH by its terminal', { env: { ...display, SSH_TTY: '/dev/pts/1' } }, 'device reasonSsh'],
    ['SSH by its client', { env: { SSH_CLIENT: '1 2 3' }, platform: 'darwin' }, 'device reasonSsh'],
    [
      'a container by its file',
      { env: display, place: { ...nowhere, inContainer: true } },
      'device reasonContainer',
    ],
    ['a container by its variable', { env: { ...display, container: 'podman' } }, 'device reasonContainer'],
    ['Kubernetes', { env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } }, 'device reasonContainer'],
    ['CI', { env: { ...display, CI: 'true', BROWSER: 'firefox' } }, 'device reasonCi'],
    ['WSL with interop', { env: wsl, place: { ...nowhere, wslInterop: true } }, 'loopback reasonDesktop'],
    ['WSL with wslview', { env: wsl, place: { ...nowhere, wslview: true } }, 'loopback reasonDesktop'],
    ['WSL with a display', { env: { ...wsl, ...display } }, 'loopback reasonDesktop'],
    ['WSL with nothing', { env: wsl }, 'device reasonWsl'],
    ['BROWSER=none', { env: { ...display, BROWSER: 'none' } }, 'device reasonBrowserNone'],
    [
      'a BROWSER over SSH',
      { env: { SSH_TTY: '/dev/pts/1', BROWSER: '/x/helper.sh' } },
      'loopback reasonBrowserSet',
    ],
    [
      'a BROWSER in a container',
      { env: { BROWSER: 'b' }, place: { ...nowhere, inContainer: true } },
      'loopback reasonBrowserSet',
    ],
    ['--no-browser', { env: { ...display, BROWSER: 'b' }, noBrowser: true }, 'device reasonNoBrowser'],
    ['no terminal', { env: { ...display, BROWSER: 'b' }, interactive: false }, 'device reasonNoTerminal'],
    ['--flow device', { env: display, wanted: 'device' }, 'device reasonAsked'],
    ['--flow loopback', { interactive: false, wanted: 'loopback' }, 'loopback reasonAsked'],
  ])('%s', (_name, changed, expected) => {
    const { kind, reason } = chooseFlow(facts(changed));
    expect(`${kind} ${reason}`).toBe(expected);
  });

  it.each<[string, Partial<FlowFacts>, boolean]>([
    ['a desktop where the code was asked for', { env: display, wanted: 'device' }, true],
    ['no terminal, with a display', { env: display, interactive: false }, true],
    ['--no-browser with --flow loopback', { env: display, noBrowser: true, wanted: 'loopback' }, false],
    ['SSH with --flow loopback', { env: { SSH_TTY: 'x' }, wanted: 'loopback' }, false],
  ])('a browser may be opened: %s', (_name, changed, expected) => {
    expect(mayOpenBrowser(facts(changed))).toBe(expected);
  });

  it('the place is read from the files that tell it', () => {
    const with_ = (...files: string[]) => readPlace({}, (path) => files.includes(path));
    expect(with_()).toEqual(nowhere);
    expect(with_('/.dockerenv').inContainer).toBe(true);
    expect(with_('/run/.containerenv').inContainer).toBe(true);
    expect(with_('/proc/sys/fs/binfmt_misc/WSLInterop').wslInterop).toBe(true);
    expect(with_('/proc/sys/fs/binfmt_misc/WSLInterop-late').wslInterop).toBe(true);
  });
});
