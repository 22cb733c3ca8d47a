// The gateway in the background as real processes: one for each folder however it is asked for, found dead when it was
// killed, and replaced without a gap.
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync, statSync, writeFileSync, appendFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayRecord } from '../../src/cli/gateway-record.ts';
import {
  clientToken,
  createBackgroundHome,
  gone,
  pidOf,
  type BackgroundHome,
} from '../support/background-gateway.ts';

const start = ['gateway', 'start'];

function changeRecord(home: BackgroundHome, changes: Partial<GatewayRecord>): void {
  const record = JSON.parse(readFileSync(home.files.record, 'utf8')) as GatewayRecord;
  writeFileSync(home.files.record, JSON.stringify({ ...record, ...changes }));
}

describe('gateway start', () => {
  it('makes one gateway of two starts at once; status, logs and stop know it', async () => {
    const home = await createBackgroundHome();
    const [one, two] = await Promise.all([home.json(start), home.json(start)]);
    expect(new Set([one.value['started'], two.value['started']])).toEqual(new Set([true, false]));
    const { pid, url, port } = one.value;
    expect(two.value).toMatchObject({ pid, url, port, ready: true });
    expect(pid).toBe(pidOf(home));
    for (const file of [home.files.record, home.files.log, home.files.lock]) {
      expect([file, statSync(file).mode & 0o777]).toEqual([file, 0o600]);
    }
    expect(statSync(home.files.folder).mode & 0o777).toBe(0o700);

    const status = await home.json(['gateway', 'status']);
    expect(status).toMatchObject({
      code: 0,
      value: { pid, url, port, mode: 'background', state: 'ready', ready: true, active_requests: 0 },
    });
    const person = await home.run(['gateway', 'status']);
    expect(person.stdout).toContain(`Process  ${String(pid)}, in the background`);
    const logs = await home.json(['gateway', 'logs', '-n', '1']);
    expect(logs.value['lines']).toEqual([expect.objectContaining({ event: 'gateway listening', port })]);

    changeRecord(home, { state: 'stopping' });
    // No former process is said to go on serving where it does not.
    expect((await home.json(['gateway', 'restart'])).value['error']).toMatchObject({
      code: 'GATEWAY_RESTART_FAILED',
      message: 'The gateway is stopping',
      remedy: expect.stringContaining('openclaw gateway start'),
    });

    expect(await home.json(['gateway', 'stop'])).toEqual({
      code: 0,
      value: { stopped: true, running: false, pid, cut_requests: 0, forced: false },
    });
    await gone(Number(pid));
    const after = await home.json(['gateway', 'status']);
    expect(after.value['error']).toMatchObject({ code: 'GATEWAY_NOT_RUNNING', message: 'No gateway runs.' });
    expect(await home.json(['gateway', 'stop'])).toMatchObject({ code: 0, value: { stopped: false } });
  });

  it('starts again after kill -9, also when another process has its pid', async () => {
    const home = await createBackgroundHome();
    const first = Number((await home.json(start)).value['pid']);
    process.kill(first, 'SIGKILL');
    await gone(first);
    const dead = await home.json(['gateway', 'status']);
    expect(dead.code).toBe(1);
    expect(dead.value['error']).toMatchObject({ message: expect.stringContaining('ended without a word') });

    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void stranger.kill('SIGKILL'));
    changeRecord(home, { pid: stranger.pid ?? 0 });
    expect(await home.json(['gateway', 'stop'])).toMatchObject({ code: 0, value: { stopped: false } });
    expect(stranger.exitCode).toBeNull();
    expect(await home.json(['gateway', 'restart'])).toMatchObject({ code: 0, value: { started: true } });
    expect(stranger.signalCode).toBeNull();
  });

  it('one that hangs is ended by force, asked first, and the next one starts', async () => {
    const home = await createBackgroundHome();
    const { pid } = (await home.json(start)).value;
    process.kill(Number(pid), 'SIGSTOP');
    const patient = await home.json(['gateway', 'stop', '--timeout', '0']);
    expect(patient.value['error']).toMatchObject({
      code: 'GATEWAY_STILL_STOPPING',
      remedy: expect.stringContaining('openclaw gateway stop --force') as string,
    });
    expect(await home.json(['gateway', 'stop', '--force', '--timeout', '0'])).toEqual({
      code: 0,
      value: { stopped: true, running: false, pid, cut_requests: 0, forced: true },
    });
    await gone(Number(pid));
    expect(await home.json(start)).toMatchObject({ code: 0, value: { started: true } });
  });

  it('says why it does not come up, with the error that it was', async () => {
    const home = await createBackgroundHome();
    const { port } = (await home.json(start)).value;
    const other = await createBackgroundHome();
    const refused = await other.json([...start, '--port', String(port)]);
    expect(refused).toMatchObject({ code: 1, value: { error: { code: 'PORT_IN_USE' } } });
    expect(refused.value['error']).toMatchObject({
      remedy: expect.stringContaining(`\`openclaw gateway start --port ${Number(port) + 1}\``) as string,
    });
    // It ended with a word: nobody is to look for who killed it.
    expect((await other.json(['gateway', 'status'])).value['error']).toMatchObject({
      message: 'No gateway runs.',
    });
    const broken = await other.run(start, {
      OPENCLAW_AUTH_KEY_FILE: '/nonexistent',
      OPENCLAW_GATEWAY_TOKEN: '',
    });
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('gateway_failed')]);
  });
});

describe('gateway run', () => {
  it('is known to status and stop, and outlives its own replacement', async () => {
    const home = await createBackgroundHome();
    const running = home.start(['gateway', 'run', '--json']);
    await running.line('stdout', /"url"/);
    const { pid } = running.child;
    expect((await home.json(['gateway', 'status'])).value).toMatchObject({ pid, mode: 'foreground' });
    const second = await home.json(start);
    expect(second.value).toMatchObject({ started: false, pid });
    const { value } = await home.json(['gateway', 'restart']);
    expect(value).toMatchObject({ restarted: true, former_pid: pid });
    // Whoever waits for the first process waits for the gateway: a wish to end is passed on.
    expect(running.child.exitCode).toBeNull();
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
    await gone(Number(value['pid']));
  });
});

type Load = {
  /** When so many requests more have ended. */
  further(count: number): Promise<void>;
  stop(): Promise<{ answered: number; failures: string[]; closed: number }>;
};

/** Clients that ask one request after the other: with connections that are kept, and with a fresh one for each. */
function startLoad(port: number): Load {
  const agent = new Agent({ keepAlive: true });
  const over = new AbortController();
  let answered = 0;
  let closed = 0;
  const failures: string[] = [];
  const ended = new EventEmitter();
  const ask = (kept: boolean, stream: boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const message = JSON.stringify({ model: 'local/m', stream, max_tokens: 1, messages: [] });
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          method: 'POST',
          path: '/v1/messages',
          agent: kept ? agent : false,
          headers: { 'x-api-key': clientToken, 'content-type': 'application/json' },
        },
        (answer) => {
          if (kept && answer.headers.connection === 'close') closed += 1;
          text(answer).then((body) => resolve(`${answer.statusCode} ${body}`), reject);
        },
      );
      sent.on('error', reject);
      sent.end(message);
    });
  const client = async (kept: boolean, stream: boolean): Promise<void> => {
    const wanted = stream ? `200 ${streamed}` : '200 {"id":"x"}';
    while (!over.signal.aborted) {
      const said = await ask(kept, stream).catch(String);
      if (said === wanted) answered += 1;
      else failures.push(said);
      ended.emit('one');
    }
  };
  const clients = [
    ...Array.from({ length: 4 }, () => client(true, false)),
    ...Array.from({ length: 2 }, () => client(false, false)),
    ...Array.from({ length: 4 }, (_, at) => client(at % 2 === 0, true)),
  ];
  return {
    async further(count) {
      for (let left = count; left > 0; left -= 1) await once(ended, 'one');
    },
    async stop() {
      over.abort();
      await Promise.all(clients);
      agent.destroy();
      return { answered, failures, closed };
    },
  };
}

const event = 'event: ping\ndata: {"type":"ping"}\n\n';
const end = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
const events = 12;
const streamed = event.repeat(events) + end;

describe('gateway restart', () => {
  it('fails no request and cuts no stream under load, twice', async () => {
    const home = await createBackgroundHome((wantsStream, response) => {
      if (!wantsStream) {
        setTimeout(() => response.setHeader('content-type', 'application/json').end('{"id":"x"}'), 3);
        return;
      }
      response.setHeader('content-type', 'text/event-stream');
      let sent = 0;
      const timer = setInterval(() => {
        sent += 1;
        response.write(event);
        if (sent < events) return;
        clearInterval(timer);
        response.end(end);
      }, 20);
    });
    const first = (await home.json(start)).value;
    const load = startLoad(Number(first['port']));
    await load.further(20);
    const second = (await home.json(['gateway', 'restart'])).value;
    appendFileSync(`${home.stateDir}/.env`, 'OPENCLAW_GATEWAY_HOSTS=other.example\n');
    await load.further(20);
    const third = (await home.json(['gateway', 'restart'])).value;
    await load.further(20);
    const { answered, failures, closed } = await load.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(60);
    // Connections that were open moved on by being told to.
    expect(closed).toBeGreaterThan(0);
    expect(new Set([first['pid'], second['pid'], third['pid']]).size).toBe(3);
    expect([second['port'], third['port']]).toEqual([first['port'], first['port']]);
    await Promise.all([gone(Number(first['pid'])), gone(Number(second['pid']))]);
    expect((await home.json(['gateway', 'status'])).value).toMatchObject({ pid: third['pid'], ready: true });
  });

  it('leaves the former process in place when the new one does not come up', async () => {
    const home = await createBackgroundHome(undefined, { OPENCLAW_GATEWAY_TOKEN: '' });
    const { pid } = (await home.json(start)).value;
    writeFileSync(home.env['OPENCLAW_AUTH_KEY_FILE'] ?? '', 'not a key');
    const failed = await home.json(['gateway', 'restart']);
    expect(failed).toMatchObject({ code: 1, value: { error: { code: 'GATEWAY_RESTART_FAILED' } } });
    const status = await home.json(['gateway', 'status']);
    expect(status).toMatchObject({ code: 0, value: { pid, ready: true } });
    expect(status.value['restart_error']).toMatch(/key/i);
  });
});
