// `openclaw config` in a folder of its own: the program in this process, its answer, and the file as it is after it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/cli/run.ts';
import { createFakeContext } from './fake-context.ts';
import { tempFolder } from './temp-folder.ts';

/** With secrets that must not be shown, each `hidden-…`. */
export const text = `{
  // mine
  env: { LAB_KEY: 'hidden-in-env' },
  gateway: { port: 18789, auth: { token: "hidden-token" } }, /* keep */
  models: { providers: { lab: {
    baseUrl: "https://lab.example/v1",
    apiKey: "\${LAB_KEY}",
    headers: { "x-api-key": "hidden-header", accept: "*/*" },
    models: [{ id: "m-1" }, { id: "m-2", name: "Two" }],
  } } },
}
`;

type Answer = { out: string; err: string; exitCode: number };

/** `config` answers with the folder as `~/.openclaw`. */
export function stage(written: string | undefined = text) {
  const folder = tempFolder();
  const file = join(folder, 'openclaw.json');
  if (written !== undefined) writeFileSync(file, written);
  const config = async (...args: string[]): Promise<Answer> => {
    const { context, written: said } = createFakeContext({ env: { OPENCLAW_STATE_DIR: folder } });
    const exitCode = await run(['config', ...args], context);
    const shown = (output: string): string => output.replaceAll(folder, '~/.openclaw');
    return { out: shown(said.out), err: shown(said.err), exitCode };
  };
  return { folder, file, config, read: () => readFileSync(file, 'utf8') };
}
