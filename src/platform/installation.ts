// Where the parts of this program lie on disk: the same from its sources and from the published bundle.
import { fileURLToPath } from 'node:url';

export type Installation = {
  /** The file that starts this program again. */
  readonly main: string;
  /** Folder of the bundled plugins. */
  readonly extensions: URL;
  /** Entry of the child process that talks to the OS keychain. */
  readonly keychainChild: URL;
  /** Entry of the portal simulator, for the demo. */
  readonly simulator: URL;
};

/** `mainUrl` is the URL of the entry module: `src/main.ts` or `dist/main.js`. */
export function describeInstallation(mainUrl: string): Installation {
  const fromSource = mainUrl.endsWith('.ts');
  const suffix = fromSource ? 'ts' : 'js';
  const extensions = new URL(fromSource ? '../extensions/' : 'extensions/', mainUrl);
  return {
    main: fileURLToPath(mainUrl),
    extensions,
    keychainChild: new URL(`vault/keychain-child.${suffix}`, mainUrl),
    simulator: new URL(`minimax-portal-auth/simulator/main.${suffix}`, extensions),
  };
}
