// `npm run torture`: several processes, one login, servers that revoke it when a refresh token is used twice, and
// everything that can go wrong. Exit 0 when every loss was one that no program could have avoided, 1 otherwise.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TortureEvent } from './events.ts';
import { judge } from './ledger.ts';
import { parseOptions, usage, UsageError, type TortureOptions } from './options.ts';
import { formatOutcome, formatReport, type ServerReport } from './report.ts';
import { torture } from './supervisor.ts';

const limits = { stallMs: 1_000, graceMs: 1_000 };
const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;

const out = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(options: TortureOptions): Promise<number> {
  const stop = new AbortController();
  let code = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      code = signalCodes[signal];
      stop.abort(new Error(signal));
    });
  }
  note(`seed ${options.seed} (the same seed gives the same order of disturbances, not the same timing)`);
  const reports: ServerReport[] = [];
  for (const server of options.servers) {
    const { seconds, processes, seed } = options;
    try {
      const run = { server, seconds, processes, seed, signal: stop.signal, onProgress };
      const { serverName, events } = await torture(run);
      const report = { server: serverName, seconds, processes, verdict: judge(events, limits) };
      reports.push(report);
      if (report.verdict.violations.length > 0) note(`what was written down: ${keep(server, events)}`);
      if (!options.json) out(`${formatReport(report)}\n`);
    } catch (error) {
      if (stop.signal.aborted) return code;
      throw error;
    }
  }
  if (options.json) out(JSON.stringify({ seed: options.seed, limits, reports }, undefined, 2));
  else for (const report of reports) out(formatOutcome(report));
  return reports.every(({ verdict }) => verdict.violations.length === 0) ? 0 : 1;
}

function onProgress(server: string, events: readonly TortureEvent[]): void {
  const count = (kind: TortureEvent['kind']): number => events.filter((event) => event.kind === kind).length;
  note(
    `${server}: ${count('processed')} refreshes, ${count('killed')} kills, ${count('stopped')} stops, ` +
      `${count('fault')} faults, ${count('login')} logins`,
  );
}

function keep(server: string, events: readonly TortureEvent[]): string {
  const file = join(mkdtempSync(join(tmpdir(), 'openclaw-torture-events-')), `${server}.jsonl`);
  writeFileSync(file, events.map((event) => JSON.stringify(event)).join('\n'));
  return file;
}

try {
  const options = parseOptions(process.argv.slice(2), () => Math.floor(Math.random() * 2 ** 32));
  if (options === 'help') out(usage);
  else process.exitCode = await main(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  note(`${error.message}\n${usage}`);
  process.exitCode = 2;
}
