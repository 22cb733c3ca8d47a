// A gateway as a process of its own, and the shortest question one can ask it.
import type { Home, Running } from './cli-process.ts';

export type GatewayAnswer = { status: number; retryAfter: string | null; text: string };

export type GatewayProcess = Running & {
  url: string;
  /** One message, not streamed, of the default model; status 0 when the connection broke. */
  ask(): Promise<GatewayAnswer>;
};

export async function startGateway(home: Home, model = 'MiniMax-M3'): Promise<GatewayProcess> {
  const running = home.start(['gateway', 'run', '--port', '0', '--json']);
  const { url } = JSON.parse(await running.line('stdout', /"url"/)) as { url: string };
  const token = String((await home.json(['gateway', 'token'])).value['token']);
  const body = JSON.stringify({ model, max_tokens: 8, messages: [{ role: 'user', content: 'x' }] });
  return {
    ...running,
    url,
    async ask() {
      try {
        const answer = await fetch(`${url}/v1/messages`, {
          method: 'POST',
          headers: { 'x-api-key': token, 'content-type': 'application/json' },
          body,
        });
        return {
          status: answer.status,
          retryAfter: answer.headers.get('retry-after'),
          text: await answer.text(),
        };
      } catch (error) {
        return { status: 0, retryAfter: null, text: String(error) };
      }
    },
  };
}

/** The lines of its log with this event. */
export function logged(stderr: string, event: string): Record<string, unknown>[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(`"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
