// `npm run endurance`: half an hour's worth of load in three minutes, two restarts, one kill. Exit 0 when no request failed
// but those in flight at the kill and the login is as good as before, 1 otherwise.
import { endure, tokenMs } from './endurance.ts';
import { findFailures } from './findings.ts';
import { parseOptions, usage, UsageError, type EnduranceOptions } from './options.ts';
import { formatReport } from './report.ts';
import { timelineMs } from '../torture/timeline.ts';

const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;

const out = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(options: EnduranceOptions): Promise<number> {
  const stop = new AbortController();
  let code = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      code = signalCodes[signal];
      stop.abort(new Error(signal));
    });
  }
  const beganMs = timelineMs();
  const note = (text: string): void => say(`${((timelineMs() - beganMs) / 1000).toFixed(1)} s  ${text}`);
  note(`seed ${options.seed}`);
  try {
    const facts = await endure(options, note, stop.signal);
    const failures = findFailures(facts, tokenMs);
    if (options.json) out(JSON.stringify({ options, facts, failures }, undefined, 2));
    else {
      out(formatReport(options, facts, tokenMs));
      for (const failure of failures) out(`FAILED: ${failure}`);
      if (failures.length === 0) out('ok');
    }
    return failures.length === 0 ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) return code;
    throw error;
  }
}

try {
  const options = parseOptions(process.argv.slice(2), () => Math.floor(Math.random() * 2 ** 32));
  if (options === 'help') out(usage);
  else process.exitCode = await main(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`${error.message}\n${usage}`);
  process.exitCode = 2;
}
