// What another program hands over on standard input, up to its end and within a limit. What it means, and whether somebody
// may type it, is for the command.

/** Rejects with `tooLong`, and with the reason of `signal` when it aborts first. */
export async function readStandardInput(
  stdin: NodeJS.ReadStream,
  signal: AbortSignal,
  { limitBytes, tooLong }: { readonly limitBytes: number; readonly tooLong: () => Error },
): Promise<string> {
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk as Uint8Array | string);
      size += bytes.length;
      if (size > limitBytes) throw tooLong();
      chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
