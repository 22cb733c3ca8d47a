// The door of the token endpoint: every refresh request passes it on its way to the real server, is written down with
// the process that sent it, and meets the fault or the kill that is planned for it. Decides nothing about what comes
// next (plan.ts) or what it means (ledger.ts).
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestEnd, TortureEvent } from './events.ts';
import type { RequestPlan } from './plan.ts';
import { timelineMs } from './timeline.ts';

export type Door = {
  readonly url: string;
  close(): Promise<void>;
};

export type DoorDeps = {
  /** Origin of the real server. */
  readonly targetOrigin: string;
  readonly plan: () => RequestPlan;
  /** Kills the process at once. */
  readonly kill: (pid: number) => void;
  readonly record: (event: TortureEvent) => void;
};

/** Stands for a token in everything that is written down. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 10);
}

export async function openDoor(deps: DoorDeps): Promise<Door> {
  const server = createServer((request, response) => {
    pass(deps, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function pass(deps: DoorDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { record, kill } = deps;
  const body = await readText(request);
  const form = new URLSearchParams(body);
  // A worker's request ids are `<pid>.<count>`.
  const id = String(request.headers['x-request-id'] ?? 'unnamed');
  const pid = Number(id.split('.')[0]);
  record({
    kind: 'arrived',
    atMs: timelineMs(),
    request: id,
    pid,
    refresh: tokenHash(form.get('refresh_token') ?? ''),
  });
  const plan = deps.plan();
  const end = (how: RequestEnd, retryAfterMs?: number): void =>
    record({
      kind: 'ended',
      atMs: timelineMs(),
      request: id,
      how,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  const trouble = async (name: string, delayMs: number): Promise<void> => {
    const atMs = timelineMs();
    await leftOrAfter(response, delayMs);
    record({ kind: 'fault', atMs, untilMs: timelineMs(), name });
  };
  const reset = (): void => {
    end('reset');
    response.socket?.resetAndDestroy();
  };
  const refuse = (retryAfterS: number | undefined): void => {
    end('failed', retryAfterS === undefined ? undefined : retryAfterS * 1000);
    const headers: Record<string, string> =
      retryAfterS === undefined ? {} : { 'retry-after': `${retryAfterS}` };
    response.writeHead(503, { 'content-type': 'application/json', ...headers }).end('{}');
  };

  if (plan.killAt === 'arrival') {
    kill(pid);
    await left(response);
  }
  const { before } = plan;
  if (before !== undefined) {
    await trouble(before.name, before.delayMs);
    if (before.outcome === 'reset') return reset();
    if (before.outcome === '503') return refuse(before.retryAfterS);
  }
  if (hasLeft(response) && !plan.processesAbandoned) return end('abandoned');

  const answer = await forward(deps.targetOrigin, request, body);
  record({ kind: 'processed', atMs: timelineMs(), request: id, result: resultOf(answer) });
  if (plan.killAt === 'processing') {
    kill(pid);
    await left(response);
  }
  const { after } = plan;
  if (after !== undefined) {
    await trouble(after.name, after.delayMs);
    if (after.outcome === 'reset') return reset();
    if (after.outcome === '503') return refuse(undefined);
  }
  if (hasLeft(response)) return end('abandoned');
  end('answered');
  response.writeHead(answer.status, answer.headers).end(answer.text);
  if (typeof plan.killAt === 'object') setTimeout(() => kill(pid), plan.killAt.afterAnswerMs);
}

type Answer = { status: number; headers: Record<string, string>; text: string };

async function forward(origin: string, request: IncomingMessage, body: string): Promise<Answer> {
  const headers: Record<string, string> = {};
  for (const name of ['accept', 'content-type', 'x-request-id']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const response = await fetch(new URL(request.url ?? '/', origin), {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
  });
  const text = await response.text();
  return { status: response.status, headers: { 'content-type': 'application/json' }, text };
}

function resultOf({ status, text }: Answer): { access: string; refresh: string } | 'refused' | 'other' {
  const answer = JSON.parse(text) as Record<string, unknown>;
  const { access_token: access, refresh_token: refresh, error } = answer;
  if (status === 200 && typeof access === 'string' && typeof refresh === 'string') {
    return { access: tokenHash(access), refresh: tokenHash(refresh) };
  }
  return error === 'invalid_grant' ? 'refused' : 'other';
}

async function readText(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

function hasLeft(response: ServerResponse): boolean {
  return response.destroyed || response.socket === null || response.socket.destroyed;
}

function left(response: ServerResponse): Promise<void> {
  return leftOrAfter(response, 5_000);
}

function leftOrAfter(response: ServerResponse, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (hasLeft(response)) return resolve();
    const timer = setTimeout(resolve, delayMs);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
