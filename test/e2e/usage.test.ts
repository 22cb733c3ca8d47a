// What a running gateway has counted, as a person and a scraper get to see it.
import { expect, it } from 'vitest';
import { loggedIn, startPortal } from '../support/cli-process.ts';

const model = 'minimax-portal/MiniMax-M3';

it('requests are counted with their tokens, JSON and stream, and outlive the gateway', async () => {
  const portal = await startPortal();
  const home = await loggedIn(portal);
  const gateway = home.start(['gateway', 'run', '--port', '0', '--json']);
  const { url } = JSON.parse(await gateway.line('stdout', /"url"/)) as { url: string };
  const key = String((await home.json(['gateway', 'token'])).value['token']);
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  for (const stream of [false, true]) {
    const messages = [{ role: 'user', content: 'hello' }];
    const body = JSON.stringify({ model, max_tokens: 8, stream, messages });
    const answer = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { ...headers, 'accept-encoding': 'identity' },
      body,
    });
    expect(answer.status).toBe(200);
    await answer.text();
  }
  const metrics = await (await fetch(`${url}/metrics`, { headers })).text();
  expect(metrics).toContain(
    `openclaw_requests_total{api="anthropic-messages",model="${model}",status="200"} 2`,
  );
  expect(metrics).toContain('openclaw_upstream_answers_total{provider="minimax-portal",status="200"} 2');
  gateway.child.kill('SIGTERM');
  expect((await gateway.ended).code).toBe(0);
  const { code, value } = await home.json(['usage', '--no-plan']);
  expect(code).toBe(0);
  expect(value['total']).toMatchObject({
    requests: 2,
    failures: 0,
    unmeasured: 0,
    tokens: { input: 4, output: 12 },
  });
  expect(value['groups']).toMatchObject([{ name: model, requests: 2 }]);
});
