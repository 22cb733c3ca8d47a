// An API key that a script hands over on standard input, so that it stands in no argument and in no history.
import { OpenClawError } from '../../errors.ts';

const limitBytes = 64 * 1024;

/** Up to its end. Throws USAGE at a terminal, where what is typed would be seen, and for what is too long. */
export async function readStandardInput(stdin: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  if (stdin.isTTY) {
    throw new OpenClawError({
      code: 'USAGE',
      message: '--api-key-stdin reads what another program writes, and standard input is a terminal.',
      remedy:
        'Leave it out to be asked, or pipe the key in: `printf %s "$KEY" | openclaw onboard --auth-choice minimax-api --api-key-stdin`.',
    });
  }
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk as Uint8Array | string);
      size += bytes.length;
      if (size > limitBytes) {
        throw new OpenClawError({ code: 'USAGE', message: 'Standard input holds more than any key.' });
      }
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
