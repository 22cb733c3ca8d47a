// A text as one word of a command line that is to be copied into a POSIX shell.

/** As it is where a shell reads nothing into it, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
