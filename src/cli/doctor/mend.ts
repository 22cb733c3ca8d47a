// Mends what may be mended: what loses nothing at once, what removes something after a question, and credentials of other
// tools only by that question or by a flag. Says of each what was done, or why it was left.
import { toOpenClawError } from '../../errors.ts';
import { shown, type Finding, type Fix } from './finding.ts';

export type MendOptions = {
  /** Asks a person; undefined where nobody can be asked. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** `--scrub` */
  readonly scrub: boolean;
  readonly signal: AbortSignal;
};

export type Mended = {
  readonly id: Finding['id'];
  readonly done: boolean;
  /** It was tried, and did not go. */
  readonly failed?: true;
  /** What was done; or what was left, and why. */
  readonly text: string;
};

/** Rejects only when the signal, or a person at a question, stops it. */
export async function mendAll(
  findings: readonly Finding[],
  options: MendOptions,
  onMended: (mended: Mended) => void,
): Promise<Mended[]> {
  const all: Mended[] = [];
  for (const { id, fix } of findings) {
    if (fix === undefined) continue;
    options.signal.throwIfAborted();
    const mended = { id, ...(await mendOne(fix, options)) };
    onMended(mended);
    all.push(mended);
  }
  return all;
}

async function mendOne(fix: Fix, options: MendOptions): Promise<Omit<Mended, 'id'>> {
  const refusal = await refusalOf(fix, options);
  if (refusal !== undefined) return { done: false, text: `${fix.does}: ${refusal}` };
  try {
    return { done: true, text: await fix.run() };
  } catch (error) {
    const why = shown(toOpenClawError(error).message);
    return { done: false, failed: true, text: `${fix.does}: it failed (${why})` };
  }
}

async function refusalOf(
  { kind, does, afterwards }: Fix,
  { ask, scrub }: MendOptions,
): Promise<string | undefined> {
  if (kind === 'mend' || (kind === 'scrub' && scrub)) return undefined;
  if (ask !== undefined)
    return (await ask(afterwards === undefined ? `${does}?` : `${does}? ${afterwards}`))
      ? undefined
      : 'left as it is';
  if (kind === 'litter') return undefined;
  return kind === 'discard'
    ? 'left as it is: that goes only after a question in a terminal, for nobody can tell what else is in it. Look at it, and remove it yourself'
    : 'left as it is; pass --scrub to have it done without a question';
}
