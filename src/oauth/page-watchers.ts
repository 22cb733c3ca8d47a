// The browsers that watch a login's page: its event streams (one event a change, comments between so that a dead
// connection shows), and whether somebody reads it without scripts, who sees the end only by fetching it once more.
import type { ServerResponse } from 'node:http';
import type { Clock } from '../platform/clock.ts';
import { beginStream } from './loopback-answer.ts';

export type PageWatchers = {
  /** False when there are too many. `describe` gives the present state as JSON, in the watcher's language. */
  watch(response: ServerResponse, describe: () => object): boolean;
  /** Sends everybody the state of now. */
  tell(): void;
  /** Sends everybody the state of now and ends the streams, as well as those that come later. */
  finish(): void;
  /** Ends the streams without a word. */
  drop(): void;
  /** The page was fetched: by whom a stream does not follow, reads without scripts. */
  fetched(): void;
  /** Whether the end is owed to somebody who fetched the page a moment ago and has no stream. */
  isReloadExpected(): boolean;
};

const mostStreams = 8;
const keepAliveMs = 15_000;
/** A page without scripts fetches itself every few seconds. */
const reloadWindowMs = 10_000;

export function createPageWatchers(clock: Clock): PageWatchers {
  const streams = new Map<ServerResponse, () => object>();
  let stopKeepAlive: (() => void) | undefined;
  let fetchedAtMs: number | undefined;
  let isOver = false;

  const send = (response: ServerResponse, describe: () => object): void => {
    response.write(`data: ${JSON.stringify(describe())}\n\n`);
  };
  const keepAlive = (): void => {
    stopKeepAlive = undefined;
    if (streams.size === 0) return;
    for (const response of streams.keys()) response.write(': keep-alive\n\n');
    schedule();
  };
  const schedule = (): void => {
    stopKeepAlive ??= clock.setTimer(keepAlive, keepAliveMs, { unref: true });
  };
  const forget = (response: ServerResponse): void => {
    streams.delete(response);
    if (streams.size > 0) return;
    stopKeepAlive?.();
    stopKeepAlive = undefined;
  };

  return {
    watch(response, describe) {
      if (streams.size >= mostStreams) return false;
      fetchedAtMs = undefined;
      streams.set(response, describe);
      response.once('close', () => forget(response));
      beginStream(response);
      send(response, describe);
      if (isOver) response.end();
      else schedule();
      return true;
    },
    tell() {
      for (const [response, describe] of streams) send(response, describe);
    },
    finish() {
      isOver = true;
      for (const [response, describe] of streams) {
        send(response, describe);
        forget(response);
        response.end();
      }
    },
    drop() {
      fetchedAtMs = undefined;
      for (const response of streams.keys()) {
        forget(response);
        response.end();
      }
    },
    fetched() {
      fetchedAtMs = clock.monotonicMs();
    },
    isReloadExpected: () => fetchedAtMs !== undefined && clock.monotonicMs() - fetchedAtMs <= reloadWindowMs,
  };
}
