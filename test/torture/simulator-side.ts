// The built-in simulator as the server: MiniMax's dialect, the program's own plugin, logins by the device flow.
import { createSystemClock } from '../../extensions/minimax-portal-auth/simulator/clock.ts';
import { createPortalCaller, OPENCLAW_CLIENT } from '../support/portal-caller.ts';
import type { TortureServer } from './server.ts';

const accessTtlMs = 1_000;

export async function startSimulatorSide(): Promise<TortureServer> {
  const caller = await createPortalCaller({ clock: createSystemClock(), accessTtlMs });
  const { control } = caller.simulator;
  return {
    name: 'the built-in simulator',
    provider: 'minimax-portal',
    tokenOrigin: caller.accountUrl,
    probe: 'messages',
    logIn: () => caller.logIn(),
    credential: ({ access, refresh }) => ({
      type: 'oauth',
      provider: 'minimax-portal',
      access,
      refresh,
      issuedAt: Date.now(),
      expires: Date.now() + accessTtlMs,
      region: 'global',
      baseUrl: `${caller.apiUrl}/anthropic`,
      clientId: OPENCLAW_CLIENT.id,
      dialect: 'account',
      scope: OPENCLAW_CLIENT.scope,
    }),
    config: (doorUrl) => ({
      plugins: {
        entries: {
          'minimax-portal-auth': {
            enabled: true,
            config: {
              allowLoopbackHttp: true,
              regions: { global: { accountUrl: doorUrl, apiUrl: caller.apiUrl } },
            },
          },
        },
      },
    }),
    reuses: () => control.state().counters.refreshReuses,
    brokenRules: () =>
      control
        .state()
        .violations.filter(({ rule }) => rule !== 'refresh_reuse')
        .map(({ rule, detail }) => `${rule}: ${detail}`),
    stop: () => caller.simulator.stop(),
  };
}
