// What is told of a turn. Plain text for a terminal; nothing in it is a secret.
import type { RecordedRequest, Violation } from '../../extensions/minimax-portal-auth/simulator/journal.ts';
import { cleanText } from '../../src/platform/text.ts';
import type { Seen } from './recorder.ts';
import type { TurnEnd } from './turn.ts';

export type PlayedTurn = {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly end: TurnEnd;
  readonly isAnswered: boolean;
  readonly atGateway: readonly Seen[];
  readonly atUpstream: readonly RecordedRequest[];
  readonly violations: readonly Violation[];
  /** What it asked the name service for, and was told is not there. */
  readonly names: readonly { name: string; times: number }[];
};

export function printTurn(turn: PlayedTurn): string {
  const { end } = turn;
  const lines = [
    `${turn.isAnswered ? '✓' : '✗'} ${turn.name}   ${turn.title}`,
    `  asked     ${turn.question}`,
    `  answered  ${ending(end.stdout) || 'nothing'}`,
    `  exit      ${end.timedOut ? 'ended after its time' : String(end.code)}, ${(end.durationMs / 1000).toFixed(1)} s`,
  ];
  if (!turn.isAnswered) lines.push(`  stderr    ${cleanText(end.stderr.slice(-2_000), 1_200)}`);
  lines.push(...listed('gateway', turn.atGateway.map(gatewayLine)));
  lines.push(...listed('upstream', turn.atUpstream.map(upstreamLine)));
  lines.push(
    ...listed(
      'held against',
      turn.violations.map(({ rule, detail }) => `${rule}: ${detail}`),
    ),
  );
  lines.push(
    ...listed(
      'not reached',
      turn.names.map(({ name, times }) => `${name} (name asked ${times} times)`),
    ),
  );
  return `${lines.join('\n')}\n\n`;
}

/** Requests and tokens by model, of the JSON that `openclaw usage` prints. */
export function printLedger(usage: Record<string, unknown>): string {
  const groups = usage['groups'] as {
    name: string;
    requests: number;
    failures: number;
    tokens: { input: number; output: number };
  }[];
  const rows = groups.map(
    ({ name, requests, failures, tokens }) =>
      `${name}: ${requests} requests, ${failures} failed, ${tokens.input} tokens in, ${tokens.output} out`,
  );
  return `${listed('ledger', rows).join('\n')}\n`;
}

/** An echo holds all that a client put around the question; that itself comes last. */
function ending(text: string): string {
  const flat = cleanText(text, 100_000);
  return flat.length <= 160 ? flat : `…${flat.slice(-159)}`;
}

function listed(title: string, rows: readonly string[]): string[] {
  return rows.map((row, index) => `  ${(index === 0 ? title : '').padEnd(9)} ${row}`);
}

function gatewayLine(seen: Seen): string {
  const model = seen.model === undefined ? '' : ` ${seen.model}`;
  const answered = seen.answeredBy === '' ? '' : ` by ${seen.answeredBy}`;
  const traits = seen.traits.length === 0 ? '' : ` (${seen.traits.join(', ')})`;
  const error = seen.error === '' ? '' : ` ${cleanText(seen.error, 300)}`;
  return `${seen.method} ${seen.path}${model}${traits} -> ${seen.status ?? 'no answer'}${answered}${error}`;
}

function upstreamLine({ method, path, status }: RecordedRequest): string {
  return `${method} ${path} -> ${status ?? 'no answer'}`;
}
