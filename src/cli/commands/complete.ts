// `complete -- <words…>`: what a shell asks while somebody types. One candidate a line, with a tab and its description;
// `:files` where names of files are wanted. Whatever goes wrong gives no candidates and no word: the answer lands in a
// prompt, where nobody could read an error.
import type { Command } from 'commander';
import { cleanText } from '../../platform/text.ts';
import type { CommandContext, OutputOptions } from '../command-context.ts';
import { completeWords, matching, type Candidate, type Completion } from '../completion/complete-words.ts';

export async function complete(
  context: CommandContext,
  options: OutputOptions,
  program: Command,
  words: readonly string[],
): Promise<number> {
  const completion = completeWords(program, words);
  const { terminal } = context;
  if (completion.kind === 'file') {
    terminal.writeOut(options.json === true ? `${JSON.stringify({ files: true })}\n` : ':files\n');
    return 0;
  }
  const candidates = completion.kind === 'words' ? completion.candidates : await lookUp(context, completion);
  if (options.json === true) terminal.writeOut(`${JSON.stringify({ candidates }, undefined, 2)}\n`);
  else {
    for (const { value, description } of candidates) {
      terminal.writeOut(`${value}\t${cleanText(description, 80)}\n`);
    }
  }
  return 0;
}

async function lookUp(
  context: CommandContext,
  { live, lead, typed, before }: Extract<Completion, { kind: 'live' }>,
): Promise<Candidate[]> {
  try {
    // Loaded here: most questions are answered without.
    const [{ openApp }, { liveValues }] = await Promise.all([
      import('../open-app.ts'),
      import('../completion/live-values.ts'),
    ]);
    const app = openApp(context, { nonInteractive: true, json: true });
    try {
      const found = matching(await liveValues(app, live, before), typed);
      return found.map((candidate) => ({ ...candidate, value: `${lead}${candidate.value}` }));
    } finally {
      app.close();
    }
  } catch {
    // A broken configuration or store: said by the command itself, once it runs.
    return [];
  }
}
