// What a process that starts a gateway and the gateway say to each other, over the pipe between them: never in arguments
// or the environment, because a passphrase may be among it. The gateway's end lies here too; who starts one, and why, is
// decided in gateway-launch.ts.
import { Server } from 'node:net';
import { OpenClawError, errorCatalogue, type ErrorCode } from '../errors.ts';
import type { ListenAddress } from '../gateway/listen.ts';
import type { AskPassphrase } from '../vault/passphrase.ts';
import { passphraseRequired } from '../vault/key-choice.ts';
import type { GatewayMode } from './gateway-record.ts';

export type Welcome = {
  mode: GatewayMode;
  canAsk: boolean;
  sinceMs?: number;
  /** Opens the store; known where the process before has been told. */
  passphrase?: string;
  /** Where the socket listens that can be had. */
  address?: ListenAddress | undefined;
};

export type Told = { code: ErrorCode; message: string; remedy: string };

export type FromGateway =
  | { type: 'hello' }
  | { type: 'ask'; purpose: 'new' | 'open'; again: boolean; reason?: string }
  | { type: 'want-socket' }
  /** It accepts connections and waits for the lock. */
  | { type: 'serving' }
  /** `isMain`: the service manager knows that this is the process to watch. */
  | { type: 'ready'; url: string; port: number; pid: number; isMain: boolean }
  | { type: 'failed'; error: Told };

export type ToGateway =
  | ({ type: 'welcome' } & Welcome)
  /** Without a passphrase: there is nobody to ask. */
  | { type: 'answer'; passphrase?: string }
  /** The handle comes with it. */
  | { type: 'socket' };

export type Launcher = {
  readonly welcome: Welcome;
  readonly ask: AskPassphrase | undefined;
  /** The listening socket of the gateway before. */
  takeSocket(): Promise<Server>;
  tell(message: FromGateway): Promise<void>;
  close(): void;
};

/** Greets the process that started this one. Throws INTERNAL when there is none, or when it has gone. */
export async function meetLauncher(): Promise<Launcher> {
  const tell = (message: FromGateway): Promise<void> =>
    new Promise((resolve) => {
      // One that has gone is told nothing; the work goes on.
      if (process.send === undefined || !process.connected) resolve();
      else process.send(message, undefined, undefined, () => resolve());
    });
  const call = <Type extends ToGateway['type']>(
    message: FromGateway,
    wanted: Type,
  ): Promise<{ answer: Extract<ToGateway, { type: Type }>; handle: unknown }> =>
    new Promise((resolve, reject) => {
      const done = (): void => {
        process.off('message', onMessage);
        process.off('disconnect', onGone);
      };
      const onMessage = (answer: ToGateway, handle: unknown): void => {
        if (answer.type !== wanted) return;
        done();
        resolve({ answer: answer as Extract<ToGateway, { type: Type }>, handle });
      };
      const onGone = (): void => {
        done();
        reject(gone());
      };
      process.on('message', onMessage);
      process.once('disconnect', onGone);
      if (process.connected) void tell(message);
      else onGone();
    });

  const { answer: welcome } = await call({ type: 'hello' }, 'welcome');
  let known = welcome.passphrase;
  const ask: AskPassphrase = async ({ purpose, reason, again = false }) => {
    const given = known;
    known = undefined;
    if (given !== undefined && !again) return given;
    const { answer } = await call(
      { type: 'ask', purpose, again, ...(reason === undefined ? {} : { reason }) },
      'answer',
    );
    if (answer.passphrase !== undefined) return answer.passphrase;
    throw passphraseRequired('The store has been sealed with a passphrase');
  };
  return {
    welcome,
    ask: welcome.canAsk ? ask : undefined,
    async takeSocket() {
      const { handle } = await call({ type: 'want-socket' }, 'socket');
      if (handle instanceof Server) return handle;
      throw new OpenClawError({ code: 'INTERNAL', message: 'No socket came with the word that it does' });
    },
    tell,
    close() {
      if (process.connected) process.disconnect();
    },
  };
}

function gone(): OpenClawError {
  return new OpenClawError({
    code: 'INTERNAL',
    message: 'The process that started this gateway has gone, or there is none',
  });
}

/** What a gateway said of its failure, as the error that it was. */
export function toError({ code, message, remedy }: Told): OpenClawError {
  return new OpenClawError({ code: code in errorCatalogue ? code : 'INTERNAL', message, remedy });
}
