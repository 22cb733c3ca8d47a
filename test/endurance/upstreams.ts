// The servers behind the gateway, as a process of their own: the portal's simulator, whose tokens live for as long as the
// first argument says (milliseconds), and a small one that echoes in OpenAI's two APIs. Prints one line of JSON when they
// listen, and ends when its stdin does.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describeSimulator } from '../../extensions/minimax-portal-auth/simulator/command-line.ts';
import { createSimulator } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';

export type Upstreams = {
  readonly portal: { controlUrl: string; config: Record<string, unknown> };
  /** Base URL of the other one, with its version. */
  readonly echoUrl: string;
};

/** An answer in so many pieces, with so much time between two of them, lasts for about a second. */
const pieces = 20;
const pieceMs = 45;

type Asked = { stream?: boolean; messages?: { content: string }[]; input?: string };

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = JSON.parse(await text(request)) as Asked;
  const isChat = request.url === '/v1/chat/completions';
  const said = isChat ? (asked.messages?.at(-1)?.content ?? '') : (asked.input ?? '');
  if (asked.stream !== true) {
    const body = isChat
      ? { object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: said } }] }
      : { object: 'response', error: null, output: [{ content: [{ type: 'output_text', text: said }] }] };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  const events = isChat ? chatEvents(said) : responseEvents(said);
  const timer = setInterval(() => {
    const next = events.shift();
    if (next !== undefined) response.write(next);
    if (events.length > 0) return;
    clearInterval(timer);
    response.end();
  }, pieceMs);
  response.once('close', () => clearInterval(timer));
}

function cut(said: string): string[] {
  const size = Math.max(1, Math.ceil(said.length / pieces));
  return said.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
}

function chatEvents(said: string): string[] {
  const chunk = (content: string): string =>
    `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })}\n\n`;
  return [...cut(said).map(chunk), 'data: [DONE]\n\n'];
}

function responseEvents(said: string): string[] {
  const events = [
    ...cut(said).map((delta) => ({ type: 'response.output_text.delta', delta })),
    { type: 'response.completed', response: { error: null } },
  ];
  return events.map(
    (event, at) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: at })}\n\n`,
  );
}

const simulator = createSimulator({
  accessTtlMs: Number(process.argv[2]),
  autoApproveMs: 50,
  pollIntervalMs: 0,
});
const addresses = await simulator.start();
const echo = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  answer(request, response).catch((error: unknown) => {
    // Loud, and seen by whoever judges the answer.
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end(String(error));
  });
});
await new Promise<void>((resolve) => void echo.listen(0, '127.0.0.1', resolve));
const upstreams: Upstreams = {
  portal: JSON.parse(describeSimulator('global', addresses)) as Upstreams['portal'],
  echoUrl: `http://127.0.0.1:${(echo.address() as AddressInfo).port}/v1`,
};
process.stdout.write(`${JSON.stringify(upstreams)}\n`);
process.stdin.resume().once('end', () => process.exit(0));
