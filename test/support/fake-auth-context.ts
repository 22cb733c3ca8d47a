// What a login method is given, with nobody to ask: everything that it shows is kept.
import type { AuthContext } from '../../src/plugin-sdk/index.ts';

export function createFakeAuthContext(opts: AuthContext['opts'] = {}): {
  context: AuthContext;
  shown: [kind: string, ...what: unknown[]][];
} {
  const shown: [kind: string, ...what: unknown[]][] = [];
  const nobody = (): Promise<never> => Promise.reject(new Error('nobody is there to ask'));
  const keep =
    (kind: string) =>
    (...what: unknown[]): void =>
      void shown.push([kind, ...what]);
  const context: AuthContext = {
    config: {},
    env: {},
    prompter: {
      note: keep('note'),
      progress: () => ({ update: keep('progress'), stop: keep('progress') }),
      select: nobody,
      text: nobody,
      confirm: nobody,
      deviceCode(prompt) {
        shown.push(['code', prompt]);
        return { update: keep('state'), stop: () => undefined };
      },
    },
    openUrl(url) {
      shown.push(['opened', url]);
      return Promise.resolve(true);
    },
    isRemote: false,
    signal: new AbortController().signal,
    opts,
  };
  return { context, shown };
}
