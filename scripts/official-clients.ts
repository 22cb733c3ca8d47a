// Plays the official command-line clients against a gateway with the portal simulator behind it, one turn each, where
// nothing but loopback is, and tells what was asked, answered, sent on and counted. Installs nothing. Linux only; exit code
// 0 when each client got its answer, 2 when they are not installed.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clients, missing } from './official-clients/clients.ts';
import { startNameServer } from './official-clients/name-server.ts';
import { runInNamespace } from './official-clients/namespace.ts';
import { printLedger, printTurn, type PlayedTurn } from './official-clients/report.ts';
import { setStage, writeProgram } from './official-clients/stage.ts';
import { playTurn } from './official-clients/turn.ts';

const [inside] = process.argv.slice(2);
if (inside !== undefined) process.exitCode = await play(inside);
else if (missing().length > 0) {
  const names = missing().map(({ name }) => name);
  process.stderr.write(`Not installed: ${names.join(', ')}. npm ci --prefix test/peers/clis\n`);
  process.exitCode = 2;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-clients-'));
  try {
    process.exitCode = runInNamespace(folder, [process.execPath, import.meta.filename, folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function play(folder: string): Promise<number> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const names = await startNameServer();
  const stage = await setStage(folder, bin);
  let failures = 0;
  try {
    for (const { name, file, program, turns } of clients) {
      writeProgram(bin, program, [process.execPath, file]);
      for (const [index, { title, script, upstream }] of turns.entries()) {
        const question = `Say the word marble-${index} and nothing else.`;
        const home = join(folder, `${program}-${index}`);
        const usual = stage.portal.control.settings();
        stage.portal.control.set(upstream ?? {});
        const end = await playTurn(home, script, { ...stage.env, QUESTION: question });
        const isAnswered =
          end.code === 0 && end.stdout.startsWith('echo(') && end.stdout.includes(`marble-${index}`);
        if (!isAnswered) failures += 1;
        const turn: PlayedTurn = {
          name,
          title,
          question,
          end,
          isAnswered,
          atGateway: stage.recorder.take(),
          atUpstream: stage.portal.control.requests(),
          violations: stage.portal.control.state().violations,
          names: names.take(),
        };
        stage.portal.control.reset();
        stage.portal.control.set(usual);
        process.stdout.write(printTurn(turn));
      }
    }
    await stage.stopGateway();
    process.stdout.write(printLedger(await stage.openclaw('usage', '--no-plan')));
  } finally {
    await stage.close();
    names.close();
  }
  return failures === 0 ? 0 : 1;
}
