// `gateway status`, `stop` and `run` beside a gateway that others see by its lock and its record: which address is asked.
import { onTestFinished, expect, it } from 'vitest';
import { claim } from '../support/claimed-gateway.ts';
import { createHome, type Home } from '../support/cli-process.ts';
import { sendJson, startServer } from '../support/loopback-server.ts';

async function healthy(): Promise<{ url: string; port: number }> {
  const server = await startServer((request, response) => {
    if (request.url === '/readyz') sendJson(response, 200, {});
    else sendJson(response, 200, { service: 'openclaw-gateway', active_requests: 3 });
  });
  onTestFinished(server.close);
  return { url: server.url, port: Number(new URL(server.url).port) };
}

const status = (home: Home, args: string[] = [], env?: Record<string, string>) =>
  home.json(['gateway', 'status', ...args], env);

it('asks where the gateway has bound, whatever the configuration says by now', async () => {
  const { url, port } = await healthy();
  const home = createHome();
  await claim(home, { url, port });
  const here = { code: 0, value: { running: true, url, port, ready: true, active_requests: 3 } };
  home.writeConfig({ gateway: { port: port === 1 ? 2 : 1, bind: 'custom', customBindHost: '127.0.0.7' } });
  expect(await status(home)).toMatchObject(here);
  const elsewhere = { OPENCLAW_GATEWAY_BIND: '127.0.0.8', OPENCLAW_GATEWAY_PORT: '2' };
  expect(await status(home, [], elsewhere)).toMatchObject(here);
  expect(await status(home, [], { OPENCLAW_GATEWAY_BIND: 'nowhere' })).toMatchObject(here);
  expect((await status(home)).value).toMatchObject({ config_error: null });
  home.writeConfig('{ "gateway": ');
  expect(await status(home)).toMatchObject(here);
  expect((await status(home)).value).toMatchObject({
    config_error: expect.stringContaining('ends too early'),
  });
  const { stdout } = await home.run(['gateway', 'status']);
  expect(stdout).toContain('openclaw.json does not load: it goes on with the settings that it had.');
});

it('a gateway that begins has no address yet, and another program’s is not taken for it', async () => {
  const { port } = await healthy();
  const home = createHome({ OPENCLAW_GATEWAY_PORT: String(port) });
  await claim(home, { state: 'starting' });
  const { code, value } = await status(home);
  expect([code, value]).toMatchObject([
    1,
    { running: true, url: null, port: null, ready: false, reason: 'it is starting' },
  ]);
  expect((await home.run(['gateway', 'status'])).stdout).toContain('The gateway has no address yet.');
});

it('where none is known, the configured address is asked, not just its port', async () => {
  const { port } = await healthy();
  const home = createHome({ OPENCLAW_GATEWAY_PORT: String(port), OPENCLAW_GATEWAY_BIND: '127.0.0.9' });
  expect((await status(home)).value['error']).toMatchObject({
    message: expect.stringContaining(`http://127.0.0.9:${port}`) as string,
  });
  expect(await status(home, ['--port', String(port)], { OPENCLAW_GATEWAY_BIND: 'lan' })).toMatchObject({
    code: 0,
    value: { url: `http://127.0.0.1:${port}`, ready: true },
  });
});

it('knows its own gateway on the port that is asked for, and says where it is another one', async () => {
  const { url, port } = await healthy();
  const home = createHome();
  await claim(home, { url, port });
  const asked = ['--port', String(port)];
  expect((await status(home, asked)).value).toMatchObject({
    pid: process.pid,
    mode: 'foreground',
    state: 'ready',
    version: '1.0.0',
    since: expect.any(String) as string,
  });
  const stranger = createHome();
  expect((await status(stranger, asked)).value).toMatchObject({ running: true, pid: null });
  const { stdout } = await stranger.run(['gateway', 'status', ...asked]);
  expect(stdout).toContain('It is not the gateway of this state folder');
});

it('does not send anybody to `gateway start` where another program has the port', async () => {
  const server = await startServer((_request, response) => sendJson(response, 200, { service: 'other' }));
  onTestFinished(server.close);
  const port = Number(new URL(server.url).port);
  const home = createHome({ OPENCLAW_GATEWAY_PORT: String(port) });
  const next = port < 65_535 ? port + 1 : port - 1;
  expect((await status(home)).value['error']).toMatchObject({
    code: 'GATEWAY_NOT_RUNNING',
    remedy: `Stop that program or choose another port: \`openclaw gateway start --port ${next}\`.`,
  });
  await claim(home, { url: 'http://127.0.0.1:1', port: 1 });
  expect((await status(home, ['--port', String(port)])).value['error']).toMatchObject({
    remedy: 'The gateway of this state folder is another one: `openclaw gateway status`.',
  });
});

it('stop says what answers where this state folder has no gateway', async () => {
  const { url, port } = await healthy();
  const home = createHome({ OPENCLAW_GATEWAY_PORT: String(port) });
  expect(await home.json(['gateway', 'stop'])).toEqual({
    code: 0,
    value: { stopped: false, running: false, pid: null, cut_requests: 0, forced: false, elsewhere: url },
  });
  expect((await home.run(['gateway', 'stop'])).stdout).toContain(`answers on ${url}.`);
  home.writeConfig('{ "gateway": ');
  expect((await home.run(['gateway', 'stop'])).stdout).toBe('No gateway runs.\n');
});

it.each([
  ['is alive', process.pid],
  ['is another container’s', 4_194_303],
])('run refuses the address that the gateway of its state folder has, whose pid %s', async (_name, pid) => {
  const home = createHome();
  await claim(home, { url: 'http://127.0.0.1:18124', port: 18_124, pid });
  const { code, value } = await home.json(['gateway', 'run', '--port', '18124']);
  expect([code, value['error']]).toMatchObject([
    1,
    {
      code: 'GATEWAY_RUNNING',
      message: `This state folder has a gateway already (pid ${pid}, http://127.0.0.1:18124)`,
    },
  ]);
});

it('start on another port than the gateway has that runs is refused, on the same or any port it is told', async () => {
  const { url, port } = await healthy();
  const home = createHome();
  await claim(home, { url, port });
  const { code, value } = await home.json(['gateway', 'start', '--port', '18790']);
  expect([code, value['error']]).toMatchObject([
    1,
    {
      code: 'GATEWAY_RUNNING',
      remedy: expect.stringContaining('`openclaw gateway start --port 18790`') as string,
    },
  ]);
  for (const same of [String(port), '0'])
    expect(await home.json(['gateway', 'start', '--port', same])).toMatchObject({
      code: 0,
      value: { started: false },
    });
});
