// Compares the loopback listener of a login with those of other programs: the same probes against each, in a network
// namespace that holds nothing but loopback. `--write` puts the table into docs/security.md; names of programs leave
// the others out. Linux only; exit code 1 when a program could not be started or asked.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { callbackProbes } from './compare-loopback/callback-probes.ts';
import { createCodex } from './compare-loopback/codex.ts';
import { endProbes } from './compare-loopback/end-probes.ts';
import { createMsal } from './compare-loopback/msal.ts';
import { createOpenClaw } from './compare-loopback/openclaw.ts';
import { installPeers } from './compare-loopback/peers.ts';
import type { Cell, Probe } from './compare-loopback/probe.ts';
import { requestUrlProbes } from './compare-loopback/request-url-probes.ts';
import { strangerProbes } from './compare-loopback/stranger-probes.ts';
import type { Login, Subject } from './compare-loopback/subject.ts';
import { placeBetweenMarkers, printTable } from './compare-loopback/table.ts';
import { createVisit } from './compare-loopback/visit.ts';

const root = join(import.meta.dirname, '..');
const document = join(root, 'docs/security.md');
const totalTimeoutMs = 170_000;
const legend = `“Code taken”: the response was believed and its code sent to the token endpoint. Who sends a right one must know the
\`state\`: what is refused beside it is a second wall. ✓ and ✗ stand only where the named rule speaks of what was seen.
msal-node asks for its response as a form post and got it as one. The token endpoints, which answer a second late, are
the simulator's for openclaw and a stub's for the others.
`;
const probes: readonly Probe[] = [...requestUrlProbes, ...callbackProbes, ...strangerProbes, ...endProbes];

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false }, inside: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.write) {
  if (positionals.length > 0) throw new Error('--write is for the whole table');
  placeBetweenMarkers(readFileSync(document, 'utf8'), '');
}

if (values.inside) await compare();
else process.exitCode = runInNamespace();

/** Starts this program again where only loopback is; what it compares with must be installed before. */
function runInNamespace(): number {
  installPeers(root);
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const inner = 'ip link set lo up && exec "$0" "$@"';
  const command = [process.execPath, import.meta.filename, '--inside', ...process.argv.slice(2)];
  // With a process namespace of its own, nothing that was started can outlive the comparison.
  const { status, error } = spawnSync(
    'unshare',
    [...asRoot, '--net', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', inner, ...command],
    { stdio: ['ignore', 'inherit', 'inherit'], timeout: totalTimeoutMs, killSignal: 'SIGKILL' },
  );
  if (error !== undefined) process.stderr.write(`compare-loopback: ${error.message}\n`);
  return status ?? 1;
}

async function compare(): Promise<void> {
  const outside = Object.keys(networkInterfaces()).filter((name) => name !== 'lo');
  if (outside.length > 0)
    throw new Error(`--inside is for a network namespace without ${outside.join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'compare-loopback-'));
  const peers = installPeers(root);
  const subjects: Subject[] = [];
  try {
    subjects.push(await createOpenClaw(root, join(folder, 'openclaw')));
    subjects.push(await createMsal(peers.msal, join(folder, 'msal')));
    subjects.push(await createCodex(peers.codex, join(folder, 'codex')));
    const chosen = subjects.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    const columns = await Promise.all(chosen.map(askAll));
    const rows = probes.map(({ title, rule }, index) => ({
      title,
      ...(rule === undefined ? {} : { rule }),
      cells: columns.map((column) => column[index] ?? { text: '' }),
    }));
    const versions = chosen.map(({ name, version }) => `${name} ${version}`).join(', ');
    const table = printTable(
      chosen.map(({ name }) => name),
      rows,
    );
    const text = `\n${table}\n${legend}\n${versions}; ${new Date().toISOString().slice(0, 10)}.\n\n`;
    process.stdout.write(text);
    if (values.write) writeFileSync(document, placeBetweenMarkers(readFileSync(document, 'utf8'), text));
  } finally {
    await Promise.all(subjects.map((subject) => subject.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One login serves many probes; one that ended it, or that nobody may have asked before, gets a new one. */
async function askAll(subject: Subject): Promise<Cell[]> {
  const cells: Cell[] = [];
  let login: Login | undefined;
  try {
    for (const probe of probes) {
      try {
        const isUsable =
          login?.isRunning() === true &&
          (await login.tokenRequests()) === 0 &&
          (await createVisit(subject, login).isListening());
        if (login === undefined || probe.needsFreshLogin === true || !isUsable) {
          await login?.stop();
          login = undefined;
          login = await subject.start();
        }
        cells.push(await probe.ask(createVisit(subject, login), subject));
      } catch (error) {
        process.exitCode = 1;
        process.stderr.write(`${subject.name}, ${probe.title}: ${String(error)}\n${login?.output() ?? ''}\n`);
        cells.push({ text: 'could not be asked' });
      }
    }
  } finally {
    await login?.stop();
  }
  return cells;
}
