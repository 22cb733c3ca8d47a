// What the simulated models say and what it costs: the last user text, echoed with the model's name. Decides text,
// token counts, and how a text is cut into stream deltas; the protocols around it live in the doors
// beside it.
import type { Settings } from './settings.ts';

/** About four characters to a token; never zero, as no real count is. */
export function countTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

export function echoText(model: string, lastUserText: string): string {
  return `echo(${model}): ${lastUserText}`;
}

export interface Pacing {
  readonly chunkCount: number | null;
  readonly chunkDelayMs: number;
}

/**
 * How a stream is paced. A request may say it for itself with `sim:chunks=200;delayMs=5` as its user
 * (`metadata.user_id` in the Anthropic protocol, `user` in OpenAI's); otherwise the settings do.
 */
export function pacingOf(user: string | undefined, settings: Settings): Pacing {
  if (user === undefined || !user.startsWith('sim:')) return settings;
  const chunks = /[:;]chunks=(\d{1,5})(?:;|$)/.exec(user)?.[1];
  const delay = /[:;]delayMs=(\d{1,5})(?:;|$)/.exec(user)?.[1];
  return {
    chunkCount: chunks === undefined ? settings.chunkCount : Math.max(1, Number(chunks)),
    chunkDelayMs: delay === undefined ? settings.chunkDelayMs : Number(delay),
  };
}

/** The text in pieces that join to it: by words, or as many as asked for, the surplus ones being single dots. */
export function splitText(text: string, count: number | null): string[] {
  if (text === '') return [];
  if (count === null) return text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text];
  const characters = Array.from(text);
  const pieces = Math.min(count, characters.length);
  const cut = Array.from({ length: pieces }, (_, index) =>
    characters
      .slice(
        Math.floor((index * characters.length) / pieces),
        Math.floor(((index + 1) * characters.length) / pieces),
      )
      .join(''),
  );
  return [...cut, ...Array.from({ length: count - pieces }, () => '.')];
}
