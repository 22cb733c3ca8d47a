// The wizard in a real terminal: its lists and fields, the way back from each of them, and a cancel that leaves all as it
// was.
/* oxlint-disable no-control-regex -- what a terminal is sent is what is looked at */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createHome } from '../support/cli-process.ts';
import { goodKey, startKeyServer } from '../support/key-server.ts';
import { hasPseudoTerminals, startInTerminal, terminalPackages } from '../support/pseudo-terminal.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const isRequired = process.env['OPENCLAW_TEST_REQUIRE_SYSTEM'] === '1';
const shown = (text: string): string => text.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, '');
const up = '\u001b[A';
const down = '\u001b[B';
const enter = '\r';

describe('configure in a terminal', () => {
  beforeEach((context) => {
    if (!hasPseudoTerminals() && !isRequired) context.skip(`needs Debian packages ${terminalPackages}`);
  });

  it('goes back from lists and fields, cancels without a trace, and saves in the end', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const command = `'${process.execPath}' '${main}' configure --section model`;
    const terminal = startInTerminal(
      `${command}; echo exit=$?; ${command}; echo exit=$?; stty -a`,
      { ...home.env, MINIMAX_API_HOST: keys.url },
      { columns: 90, rows: 40 },
    );
    /** Waits for a question, then answers it. */
    const answer = async (question: RegExp, press: string): Promise<void> => {
      await terminal.until(question);
      await terminal.until(/└/);
      terminal.press(press);
    };
    await answer(/Which provider/, enter);
    await answer(/How do you want to use it/, down + down + enter);
    await answer(/Where is the key/, enter);
    // An empty field goes back, a list has “Back” before “Cancel” at its end.
    await answer(/Paste the key/, enter);
    await answer(/Where is the key/, up + up + enter);
    // It begins where it was left.
    await answer(/How do you want to use it/, down + down + enter);
    await answer(/Which provider/, '\u0003');
    const cancelled = shown(await terminal.until(/exit=130/));
    expect(cancelled).toContain('Nothing was changed');
    expect(existsSync(home.configFile)).toBe(false);
    expect(existsSync(join(home.stateDir, 'auth'))).toBe(false);

    await answer(/Which provider/, enter);
    await answer(/How do you want to use it/, down + down + enter);
    await answer(/Where is the key/, enter);
    // Lines are told from each other however the terminal sends their ends, and one of several is not taken for the key.
    await answer(/Paste the key/, `AAA\nBBB\n`);
    await terminal.until(/no line breaks in it/);
    await answer(/Paste the key/, `"${goodKey}"\n`);
    await terminal.until(/The key works/);
    await answer(/Which model do you want/, enter);
    await answer(/when the default one fails/, enter);
    await answer(/Save this/, enter);
    const ended = shown(await terminal.until(/exit=0[^]*echok/));
    expect(ended).toContain('The key is kept: minimax:default');
    expect(ended).toMatch(/\sicanon\s[^]*\secho\s/);
    await terminal.ended;
    expect(JSON.parse(readFileSync(home.configFile, 'utf8'))).toEqual({
      agents: { defaults: { model: { primary: 'minimax/MiniMax-M3' } } },
    });
  });
});
