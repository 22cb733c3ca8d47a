// The simulator as a program: flags in, one JSON line out, and it runs until SIGINT, SIGTERM, or the end of who
// started it. Exit codes: 0 asked to stop, 1 could not listen, 2 wrong flags.
import { describeSimulator, HELP, parseCommand, UsageError } from './command-line.ts';
import type { Command } from './command-line.ts';
import { createSimulator } from './simulator.ts';

async function run(command: Command): Promise<void> {
  const simulator = createSimulator(command.options);
  const ended = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    // A shell or npm that was killed does not pass the signal on: nobody would end this process then.
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) resolve();
    }, 1_000).unref();
  });
  const addresses = await simulator.start(command.ports);
  process.stdout.write(`${describeSimulator(command.region, addresses)}\n`);
  await ended;
  await simulator.stop();
}

try {
  const command = parseCommand(process.argv.slice(2));
  if (command === 'help') process.stdout.write(HELP);
  else await run(command);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`simulator: ${reason}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
