// `openclaw doctor` as a whole: what it prints, what it exits with, what --fix mends and leaves, and that it stays on its
// feet when everything it looks at is broken.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../../src/cli/command-context.ts';
import { doctor } from '../../../src/cli/commands/doctor.ts';
import type { Check } from '../../../src/cli/doctor/check.ts';
import { configCheck } from '../../../src/cli/doctor/config-checks.ts';
import { ok, type Finding } from '../../../src/cli/doctor/finding.ts';
import { litterCheck } from '../../../src/cli/doctor/file-checks.ts';
import { mendAll, type Mended } from '../../../src/cli/doctor/mend.ts';
import { pendingCheck } from '../../../src/cli/doctor/pending-checks.ts';
import { printEnd, printFindings } from '../../../src/cli/doctor/report-text.ts';
import { runChecks } from '../../../src/cli/doctor/run-checks.ts';
import { OpenClawError } from '../../../src/errors.ts';
import { createActivityStore } from '../../../src/store/activity-store.ts';
import { openActivityDatabase } from '../../../src/store/activity-database.ts';
import { gatewayRecord } from '../../support/claimed-gateway.ts';
import { oauthCredential } from '../../support/credentials.ts';
import { plainKey } from '../../support/doctor-cases.ts';
import { createDoctorStage, type DoctorStage } from '../../support/doctor-stage.ts';
import { createFakeContext } from '../../support/fake-context.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

type Report = {
  errors: number;
  warnings: number;
  findings: { id: string; severity: string; text: string; remedy?: string; commands: string[] }[];
  mended?: Mended[];
};

async function report(stage: DoctorStage, options: Parameters<typeof doctor>[1] = {}) {
  stage.written.out = '';
  stage.written.err = '';
  const code = await doctor(stage.context, { json: true, ...options });
  expect(stage.written.err).toBe('');
  const value = JSON.parse(stage.written.out) as Report;
  const wrong = value.findings.filter(({ severity }) => severity === 'error' || severity === 'warning');
  return { code, value, wrong: wrong.map(({ id }) => id) };
}

async function sound(): Promise<DoctorStage> {
  const stage = createDoctorStage();
  const expires = Date.now() + 900_000;
  await stage.store().saveLogin('minimax-portal:default', oauthCredential({ expires }));
  stage.writeConfig({
    plugins: { entries: { 'minimax-portal-auth': { enabled: true } } },
    agents: { defaults: { model: 'minimax-portal/MiniMax-M3' } },
  });
  return stage;
}

describe('what it says', () => {
  it('of a machine without a login it is said once that nothing can be served', async () => {
    const stage = createDoctorStage();
    stage.writeConfig({ agents: { defaults: { model: 'minimax-portal/MiniMax-M3' } } });
    const { code, value } = await report(stage);
    // Whoever has set a default model means to use it.
    expect([code, value.errors]).toEqual([1, 1]);
    const told = value.findings.filter(({ severity }) => severity !== 'ok').map(({ id }) => id);
    expect(told).toContain('login.none');
    expect(told).not.toContain('config.model');
  });

  it('nothing is wrong, in few lines, and each of the rest with --verbose', async () => {
    const stage = await sound();
    expect(await doctor(stage.context, {})).toBe(0);
    expect(stage.written.out).toMatch(
      /✓ \d+ (other )?things are as they should be \(--verbose lists them\)\./,
    );
    expect(stage.written.out.endsWith('Nothing is wrong.\n')).toBe(true);
    expect(stage.written.err).toBe('');
    const { code, value } = await report(stage, { verbose: true });
    expect([code, value.errors, value.warnings]).toEqual([0, 0, 0]);
    expect(value.findings.find(({ id }) => id === 'clock.skew')?.text).toContain(
      'not checked: account.minimax.io',
    );
    stage.written.out = '';
    await doctor(stage.context, { verbose: true });
    expect(stage.written.out).toContain('  ✓ key.opens: sealed, key in ');
  });

  it.each([
    [[ok('clock.skew', 'none')], '✓ 1 thing is as it should be (--verbose lists it).'],
    [
      [ok('clock.skew', 'none'), ok('login.none', 'one')],
      '✓ 2 things are as they should be (--verbose lists them).',
    ],
    [
      [ok('clock.skew', 'none'), { id: 'login.none', severity: 'info', text: 'None.' } satisfies Finding],
      '✓ 1 other thing is as it should be (--verbose lists it).',
    ],
  ])('counts what is as it should be: %#', (findings, line) => {
    const { context, written } = createFakeContext();
    printFindings(createOutput(context, {}), findings, false);
    expect(written.out).toContain(line);
  });

  it('what is wrong by group with its remedy, and exits with 1 for an error', async () => {
    const stage = await sound();
    await stage.store().markDead('minimax-portal:default', 1, 'the grant was revoked');
    expect(await doctor(stage.context, {})).toBe(1);
    expect(stage.written.out).toMatch(
      /^Logins\n {2}✗ minimax-portal:default is over \(0 s ago\): the grant was revoked {2}login\.dead\n {4}Log in again: `openclaw auth login --profile-id minimax-portal:default --region global`\.\n/,
    );
    expect(stage.written.out.endsWith('\n1 error.\n')).toBe(true);
    expect((await report(stage)).value.findings.find(({ id }) => id === 'login.dead')).toMatchObject({
      severity: 'error',
      group: 'Logins',
      commands: ['openclaw auth login --profile-id minimax-portal:default --region global'],
      fixable: null,
    });
  });

  it('makes nothing where there is nothing', async () => {
    const stage = createDoctorStage();
    const { code, wrong, value } = await report(stage);
    expect([code, wrong]).toEqual([0, []]);
    expect(value.findings.find(({ id }) => id === 'login.none')?.severity).toBe('info');
    expect(readdirSync(stage.stateDir)).toEqual([]);
  });

  it('cooldowns and orders of the activity file', async () => {
    const stage = await sound();
    const database = openActivityDatabase(stage.stateDir, { mode: 'keep', warn: () => undefined });
    const activity = createActivityStore(database);
    const nowMs = Date.now();
    const row = {
      profileId: 'minimax-portal:default',
      model: '',
      reason: 'billing',
      failures: 1,
      sinceMs: nowMs,
    };
    activity.write({ cooldowns: [{ ...row, untilMs: nowMs + 600_000 }], ended: [], uses: [] });
    activity.setOrder('minimax-portal', ['minimax-portal:gone', 'minimax-portal:default']);
    database.close();
    const { wrong, value } = await report(stage);
    expect(wrong).toEqual(['login.cooldown', 'login.order']);
    expect(value.findings.flatMap(({ commands }) => commands)).toEqual([
      'openclaw auth clear-cooldown minimax-portal:default',
      'openclaw auth order clear minimax-portal',
      'openclaw auth order set minimax-portal minimax-portal:default',
      'openclaw gateway start',
    ]);
  });
});

describe('when all is broken', () => {
  it.each<[string, (stage: DoctorStage) => void, string[]]>([
    ['the configuration', (stage) => stage.writeConfig('{ nonsense'), ['config.file']],
    [
      'the store',
      ({ stateDir }) => writeFileSync(join(stateDir, 'auth/credentials.sqlite'), 'x'.repeat(9_000)),
      ['store.integrity'],
    ],
    ['the key', ({ folder }) => writeFileSync(join(folder, 'key'), 'no key'), ['key.opens']],
    [
      'everything',
      (stage) => {
        stage.writeConfig('');
        chmodSync(stage.stateDir, 0o777);
        writeFileSync(join(stage.folder, 'key'), '');
        writeFileSync(join(stage.stateDir, 'auth/credentials.sqlite'), '');
        writeFileSync(join(stage.stateDir, 'activity.sqlite'), 'x'.repeat(9_000), { mode: 0o600 });
        mkdirSync(join(stage.stateDir, 'gateway/gateway.json'), { recursive: true, mode: 0o700 });
      },
      ['files.mode', 'store.activity', 'gateway.files', 'store.integrity'],
    ],
  ])('%s: a finding, no crash', async (_, breakIt, expected) => {
    const stage = await sound();
    stage.store().close();
    breakIt(stage);
    const { code, wrong, value } = await report(stage);
    expect(code).toBe(1);
    expect([...wrong].sort()).toEqual([...expected].sort());
    const failed = value.findings.filter(({ id }) => id === 'doctor.check');
    // What the store has stopped is told once.
    expect(failed.map(({ severity }) => severity)).toEqual(
      expected.includes('store.integrity') ? ['info'] : [],
    );
  });

  it('a check that throws, and one that hangs, are findings beside the others', async () => {
    const clock = createFakeClock();
    const checks: Check[] = [
      {
        name: 'the one',
        run: () => Promise.reject(new OpenClawError({ code: 'USAGE', message: 'No such thing.' })),
      },
      { name: 'the other', run: () => new Promise(() => undefined), deadlineMs: 1_000 },
      { name: 'the third', run: () => [{ id: 'disk.space', severity: 'ok', text: 'fine' }] },
    ];
    const seen: string[] = [];
    const running = runChecks(checks, createDoctorStage().ports({ clock }), ({ done, of, waitingFor }) =>
      seen.push(`${done}/${of} ${waitingFor.join(' ')}`),
    );
    await clock.advance(1_000);
    expect((await running).map(({ id, severity, text }) => [id, severity, text])).toEqual([
      ['doctor.check', 'warning', 'The one could not be checked. No such thing.'],
      ['doctor.check', 'warning', 'The other could not be checked. There was no answer within 1 s.'],
      ['disk.space', 'ok', 'fine'],
    ]);
    expect(seen[0]).toBe('0/3 the one the other the third');
    expect(seen.at(-1)).toBe('3/3 ');
    const stop = new AbortController();
    const stopped = runChecks(checks, createDoctorStage().ports({ clock, signal: stop.signal }));
    stop.abort(new OpenClawError({ code: 'INTERRUPTED', message: 'Stopped.' }));
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('--fix', () => {
  it('mends what is harmless without a question, and a second run is clean', async () => {
    const stage = await sound();
    const draft = stage.write('state/.openclaw.json.0a1b2c3d-0000-4000-8000-000000000000.tmp', '{}');
    utimesSync(draft, 1, 1);
    stage.write('state/activity.sqlite', 'x'.repeat(9_000));
    const gateway = gatewayRecord({ pid: 2 ** 30, version: '0.0.1' });
    const record = stage.write('state/gateway/gateway.json', JSON.stringify(gateway));
    const secret = stage.write('state/.env', 'MINIMAX_REGION=global\n', 0o644);
    chmodSync(stage.stateDir, 0o777);
    const before = ['files.mode', 'files.mode', 'files.litter', 'store.activity', 'gateway.files'];
    expect((await report(stage)).wrong).toEqual(before);
    expect(existsSync(draft)).toBe(true);

    const { code, value, wrong } = await report(stage, { fix: true, nonInteractive: true });
    expect([code, wrong]).toEqual([0, []]);
    expect(value.mended?.map(({ id, done }) => [id, done])).toEqual(before.map((id) => [id, true]));
    expect([existsSync(draft), existsSync(record)]).toEqual([false, false]);
    expect([statSync(secret).mode & 0o777, statSync(stage.stateDir).mode & 0o777]).toEqual([0o600, 0o700]);
    stage.written.out = '';
    expect(await doctor(stage.context, { fix: true })).toBe(0);
    expect(stage.written.out).toContain(
      'There is nothing that could be mended from here.\nNothing is wrong.\n',
    );
  });

  it('asks before it removes, and takes no for an answer', async () => {
    const done: string[] = [];
    const fix = (kind: 'mend' | 'litter' | 'scrub' | 'discard') => ({
      id: 'files.litter' as const,
      severity: 'warning' as const,
      text: 'It is there.',
      fix: { kind, does: `Do ${kind}`, afterwards: 'Then do more.', run: () => String(done.push(kind)) },
    });
    const all = [fix('mend'), fix('litter'), fix('scrub'), fix('discard')];
    const { signal } = new AbortController();
    const play = async (scrub: boolean, ask?: (question: string) => boolean) => {
      done.length = 0;
      const asked: string[] = [];
      const answer = ask && ((question: string) => (asked.push(question), Promise.resolve(ask(question))));
      const mended = await mendAll(all, { ask: answer, scrub, signal }, () => undefined);
      return { done: [...done], asked, left: mended.filter((each) => !each.done).map(({ text }) => text) };
    };
    expect(await play(false, () => false)).toEqual({
      done: ['mend'],
      asked: ['litter', 'scrub', 'discard'].map((kind) => `Do ${kind}? Then do more.`),
      left: ['litter', 'scrub', 'discard'].map((kind) => `Do ${kind}: left as it is`),
    });
    expect(await play(false, () => true)).toMatchObject({
      done: ['mend', 'litter', 'scrub', 'discard'],
      left: [],
    });
    expect(await play(false)).toEqual({
      done: ['mend', 'litter'],
      asked: [],
      left: [
        'Do scrub: left as it is; pass --scrub to have it done without a question',
        expect.stringMatching(/^Do discard: left as it is: that goes only after a question/),
      ],
    });
    // A whole file that cannot be read for what is in it needs a word of a person.
    expect(await play(true)).toMatchObject({ done: ['mend', 'litter', 'scrub'], left: [expect.any(String)] });
    expect(await play(true, () => true)).toMatchObject({
      asked: ['Do litter? Then do more.', 'Do discard? Then do more.'],
    });
  });

  it('one that fails is told, and the next one is tried', async () => {
    const finding = (run: () => string) => ({
      id: 'files.mode' as const,
      severity: 'warning' as const,
      text: 'x',
      fix: { kind: 'mend' as const, does: 'Close it', run },
    });
    const fails = finding(() => {
      throw new Error('EROFS: read-only file system');
    });
    const { signal } = new AbortController();
    const options = { ask: undefined, scrub: false, signal };
    const mended = await mendAll([fails, finding(() => 'models.x is gone')], options, () => undefined);
    expect(mended.map(({ failed }) => failed)).toEqual([true, undefined]);
    expect(mended.map(({ text }) => text)).toEqual([
      'Close it: it failed (Unexpected failure: EROFS: read-only file system)',
      // It may begin with what is written so: a path, a file.
      'models.x is gone',
    ]);
  });

  it('forgets a login in two steps whose code is over, and only that', async () => {
    const stage = createDoctorStage();
    const store = stage.store();
    await store.unlock();
    const begun = (expiresAtMs: number): string => JSON.stringify({ expiresAtMs });
    await store.replaceSecret('pending-login:minimax-portal:old', begun(1));
    await store.replaceSecret('pending-login:minimax-portal:new', begun(Date.now() + 60_000));
    const ports = stage.ports();
    const findings = await pendingCheck.run(ports);
    expect(findings.map(({ fix }) => fix?.kind)).toEqual([undefined, 'litter']);
    const options = { ask: undefined, scrub: false, signal: ports.signal };
    expect(await mendAll(findings, options, () => undefined)).toMatchObject([{ done: true }]);
    expect(await store.listSecrets('pending-login:')).toEqual(['pending-login:minimax-portal:new']);
  });

  it('forgets it by the command too, and says so', async () => {
    const stage = createDoctorStage();
    await stage.store().unlock();
    await stage.store().replaceSecret('pending-login:minimax-portal:old', '{"expiresAtMs":1}');
    const { code, value } = await report(stage, { fix: true, nonInteractive: true });
    expect([code, value.mended?.map(({ done }) => done)]).toEqual([0, [true]]);
    expect(await stage.store().listSecrets('pending-login:')).toEqual([]);
    const again = await report(stage, { fix: true, nonInteractive: true });
    expect(again.value.mended).toEqual([]);
  });

  it('ends with 1, and never with a good word, when something could not be mended', () => {
    const { context, written } = createFakeContext();
    printEnd(createOutput(context, {}), [ok('clock.skew', 'none')], { mayFix: false, failed: 1 });
    expect(written.out).toBe('1 attempt to mend failed.\n');
  });

  it('takes a secret out of the former text of the configuration', async () => {
    const stage = await sound();
    const backup = stage.write(
      'state/openclaw.json.bak',
      `{\n  // mine\n  env: { MINIMAX_API_KEY: '${plainKey}', MINIMAX_REGION: 'cn' },\n}\n`,
    );
    const asked = await report(stage, { fix: true, nonInteractive: true });
    expect(asked.value.mended).toMatchObject([{ id: 'config.secret', done: false }]);
    const { wrong, value } = await report(stage, { scrub: true });
    expect([wrong, value.mended?.map(({ done }) => done)]).toEqual([[], [true]]);
    expect(readFileSync(backup, 'utf8')).toBe("{\n  // mine\n  env: { MINIMAX_REGION: 'cn' },\n}\n");
    expect(value.mended?.[0]?.text).toMatch(/^env\.MINIMAX_API_KEY is removed from /);
    // One that cannot be read goes as a whole, which nobody has asked for here.
    writeFileSync(backup, '{ "MINIMAX_API_KEY": "sk-abcdefghij", nonsense', { mode: 0o600 });
    const left = await report(stage, { scrub: true });
    expect(left).toMatchObject({ code: 0, wrong: ['config.secret'], value: { mended: [{ done: false }] } });
    expect(existsSync(backup)).toBe(true);
    const findings = await configCheck.run(stage.ports());
    const { signal } = new AbortController();
    await mendAll(findings, { ask: async () => true, scrub: true, signal }, () => undefined);
    expect(existsSync(backup)).toBe(false);
  });

  it('leaves what was begun anew while the question waited', async () => {
    const stage = createDoctorStage();
    const store = stage.store();
    await store.unlock();
    const name = 'pending-login:minimax-portal:old';
    await store.replaceSecret(name, JSON.stringify({ expiresAtMs: 1 }));
    const draft = stage.write('state/auth/credentials.sqlite.new', '');
    const longAgo = Date.now() / 1_000 - 600;
    utimesSync(draft, longAgo, longAgo);
    const ports = stage.ports();
    const findings = [...(await pendingCheck.run(ports)), ...(await litterCheck.run(ports))];
    await store.replaceSecret(name, JSON.stringify({ expiresAtMs: Date.now() + 60_000 }));
    utimesSync(draft, new Date(), new Date());
    const options = { ask: undefined, scrub: false, signal: ports.signal };
    const mended = await mendAll(findings, options, () => undefined);
    expect(mended.map(({ text }) => text)).toEqual([
      expect.stringContaining('was begun anew: it is left'),
      expect.stringContaining('it is left'),
    ]);
    expect(await store.listSecrets('pending-login:')).toEqual([name]);
    expect(existsSync(draft)).toBe(true);
  });
});
