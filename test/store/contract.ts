// What every driver of CredentialStore has to do. A driver's test file hands in a way to open an empty store.
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OAuthCredential } from '../../src/plugin-sdk/credential.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { apiKeyCredential, canary, oauthCredential } from '../support/credentials.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import type { FakeClock } from '../support/fake-clock.ts';

const id = 'minimax-portal:default';

function withoutEmail(credential: OAuthCredential): OAuthCredential {
  const rest = { ...credential };
  delete rest.email;
  return rest;
}

export function describeCredentialStore(
  driver: string,
  openEmpty: (clock: FakeClock) => CredentialStore,
): void {
  const start = (): { store: CredentialStore; clock: FakeClock } => {
    const clock = createFakeClock();
    const store = openEmpty(clock);
    onTestFinished(() => store.close());
    return { store, clock };
  };

  describe(`${driver}: an empty store`, () => {
    it('answers every question without a key', async () => {
      const { store } = start();
      expect(await store.listProfiles()).toEqual([]);
      expect(await store.readRecord(id)).toBeUndefined();
      expect(await store.readProfile(id)).toBeUndefined();
      expect(await store.readSecret('gateway-token')).toBeUndefined();
      expect(await store.readKeyRecord()).toBeUndefined();
      expect(await store.recordIntent(id, 1)).toBe(false);
      expect(await store.markDead(id, 1, 'gone')).toBe(false);
      expect(await store.deleteProfile(id)).toBe(false);
      await store.recordTransient(id, 1, 'no network');
      expect(store.changeCounter()).toBe(0);
    });

    it('takes no refresh of a login that it never had', async () => {
      const { store } = start();
      expect(await store.commitRefresh(id, 1, oauthCredential())).toBe('superseded');
      expect(await store.listProfiles()).toEqual([]);
    });

    it('says how it was made once it was unlocked, and stays so', async () => {
      const { store, clock } = start();
      const record = await store.unlock();
      expect(record).toMatchObject({
        createdAtMs: clock.nowMs(),
        keyId: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
      expect(await store.readKeyRecord()).toEqual(record);
      expect(await store.unlock()).toEqual(record);
    });
  });

  describe(`${driver}: a login`, () => {
    it('comes back as it was saved', async () => {
      const { store, clock } = start();
      const credential = oauthCredential({ scope: 'a b', baseUrl: 'https://api.minimax.io/anthropic' });
      const record = await store.saveLogin(id, credential);
      expect(record).toEqual({
        id,
        provider: 'minimax-portal',
        type: 'oauth',
        region: 'global',
        account: 'someone@example.com',
        generation: 1,
        createdAtMs: clock.nowMs(),
        savedAtMs: clock.nowMs(),
        issuedAtMs: 1_750_000_000_000,
        expiresAtMs: 1_750_000_900_000,
        refreshable: true,
      });
      expect(await store.readProfile(id)).toEqual({ record, credential });
      expect(await store.readRecord(id)).toEqual(record);
    });

    it.each([
      ['an API key', apiKeyCredential(), { type: 'api_key', refreshable: false }],
      [
        'a token that ends',
        {
          type: 'token',
          provider: 'minimax',
          token: 't',
          expires: 1_750_000_000_000.5,
          region: 'cn',
        } as const,
        { type: 'token', refreshable: false, expiresAtMs: 1_750_000_000_000, region: 'cn' },
      ],
      ['a login that cannot be refreshed', oauthCredential({ refresh: '' }), { refreshable: false }],
      ['a login without e-mail', withoutEmail(oauthCredential({ accountId: 'u-1' })), { account: 'u-1' }],
      ['a login of no known end', oauthCredential({ expires: Number.NaN }), { type: 'oauth' }],
    ])('of another kind: %s', async (_, credential, expected) => {
      const { store } = start();
      expect(await store.saveLogin('p:x', credential)).toMatchObject(expected);
      // JSON knows no NaN; everything else comes back as it was.
      expect((await store.readProfile('p:x'))?.credential).toEqual(JSON.parse(JSON.stringify(credential)));
    });

    it('is listed in id order, each with its own numbers', async () => {
      const { store } = start();
      for (const name of ['b', 'a', 'c']) await store.saveLogin(`minimax-portal:${name}`, oauthCredential());
      await store.saveLogin('minimax-portal:b', oauthCredential());
      const listed = (await store.listProfiles()).map((record) => [record.id, record.generation]);
      expect(listed).toEqual([
        ['minimax-portal:a', 1],
        ['minimax-portal:b', 2],
        ['minimax-portal:c', 1],
      ]);
    });

    it('replaces the former one and forgets its troubles and its first day, not its number', async () => {
      const { store, clock } = start();
      await store.saveLogin(id, oauthCredential());
      await store.markDead(id, 1, 'revoked');
      await clock.advance(5_000);
      const second = await store.saveLogin(id, oauthCredential({ access: 'new', region: 'cn' }));
      expect(second).toMatchObject({
        generation: 2,
        createdAtMs: clock.nowMs(),
        savedAtMs: clock.nowMs(),
      });
      expect(second).toMatchObject({ region: 'cn' });
      for (const name of ['dead', 'intent', 'lastRefresh']) expect(second).not.toHaveProperty(name);
      expect((await store.readProfile(id))?.credential).toMatchObject({ access: 'new' });
    });

    it('that was deleted leaves its number behind', async () => {
      const { store, clock } = start();
      await store.saveLogin(id, oauthCredential());
      await store.saveLogin(id, oauthCredential());
      expect(await store.deleteProfile(id)).toBe(true);
      expect(await store.deleteProfile(id)).toBe(false);
      expect(await store.readProfile(id)).toBeUndefined();
      expect(await store.commitRefresh(id, 2, oauthCredential())).toBe('superseded');
      await clock.advance(1_000);
      const again = await store.saveLogin(id, oauthCredential());
      expect(again).toMatchObject({ generation: 3, createdAtMs: clock.nowMs() });
    });
  });

  describe(`${driver}: a refresh`, () => {
    it('writes its intent, then its outcome as the next generation', async () => {
      const { store, clock } = start();
      await store.saveLogin(id, oauthCredential());
      expect(await store.recordIntent(id, 1)).toBe(true);
      const intent = { atMs: clock.nowMs(), pid: process.pid, generation: 1 };
      expect(await store.readRecord(id)).toMatchObject({ intent });
      await clock.advance(700);
      const renewed = oauthCredential({ access: 'a2', refresh: 'r2', expires: 1_750_009_000_000 });
      const record = await store.commitRefresh(id, 1, renewed);
      expect(record).toMatchObject({
        generation: 2,
        expiresAtMs: 1_750_009_000_000,
        lastRefresh: { atMs: clock.nowMs(), outcome: 'refreshed' },
      });
      expect(record).not.toHaveProperty('intent');
      expect(await store.readProfile(id)).toEqual({ record, credential: renewed });
    });

    it('of an older generation changes nothing', async () => {
      const { store } = start();
      await store.saveLogin(id, oauthCredential());
      const current = await store.saveLogin(id, oauthCredential({ access: 'newer' }));
      expect(await store.recordIntent(id, 1)).toBe(false);
      expect(await store.commitRefresh(id, 1, oauthCredential({ access: 'older' }))).toBe('superseded');
      expect(await store.markDead(id, 1, 'used')).toBe(false);
      await store.recordTransient(id, 1, 'no network');
      expect(await store.readProfile(id)).toEqual({
        record: current,
        credential: oauthCredential({ access: 'newer' }),
      });
    });

    it('that failed for now keeps the login and clears the intent', async () => {
      const { store, clock } = start();
      const before = await store.saveLogin(id, oauthCredential());
      await store.recordIntent(id, 1);
      await store.recordTransient(id, 1, 'no\u001b[31m network');
      const lastRefresh = { atMs: clock.nowMs(), outcome: 'transient', reason: 'no network' };
      expect(await store.readProfile(id)).toEqual({
        record: { ...before, lastRefresh },
        credential: oauthCredential(),
      });
    });

    it('that failed for good marks the row once and keeps it', async () => {
      const { store, clock } = start();
      const before = await store.saveLogin(id, oauthCredential());
      await store.recordIntent(id, 1);
      expect(await store.markDead(id, 1, 'revoked')).toBe(true);
      const atMs = clock.nowMs();
      const marked = {
        ...before,
        dead: { atMs, reason: 'revoked' },
        lastRefresh: { atMs, outcome: 'dead', reason: 'revoked' },
      };
      await clock.advance(1_000);
      expect(await store.markDead(id, 1, 'again')).toBe(true);
      expect(await store.recordIntent(id, 1)).toBe(false);
      await store.recordTransient(id, 1, 'no network');
      expect(await store.readProfile(id)).toEqual({ record: marked, credential: oauthCredential() });
    });

    it('that the server granted after all brings a dead login back', async () => {
      const { store } = start();
      await store.saveLogin(id, oauthCredential());
      await store.markDead(id, 1, 'revoked');
      const record = await store.commitRefresh(id, 1, oauthCredential({ access: 'granted' }));
      expect(record).toMatchObject({ generation: 2 });
      expect(record).not.toHaveProperty('dead');
    });
  });

  describe(`${driver}: a secret that is no login`, () => {
    it('is made once, and everyone gets the first one', async () => {
      const { store } = start();
      const made = await Promise.all(
        ['a', 'b', 'c'].map((value) => store.createSecret('gateway-token', value)),
      );
      expect(new Set(made).size).toBe(1);
      expect(await store.readSecret('gateway-token')).toBe(made[0]);
      expect(await store.readSecret('other')).toBeUndefined();
      expect(await store.createSecret('other', canary)).toBe(canary);
    });

    it('is replaced, listed by the beginning of its name, and deleted once', async () => {
      const { store } = start();
      expect(await store.listSecrets('pending:')).toEqual([]);
      expect(await store.deleteSecret('pending:a')).toBe(false);
      await store.replaceSecret('pending:b', 'first');
      await store.replaceSecret('pending:b', 'second');
      await store.replaceSecret('pending:a%', canary);
      await store.createSecret('gateway-token', 'x');
      expect(await store.readSecret('pending:b')).toBe('second');
      expect(await store.listSecrets('pending:')).toEqual(['pending:a%', 'pending:b']);
      expect(await store.deleteSecret('pending:b')).toBe(true);
      expect(await store.deleteSecret('pending:b')).toBe(false);
      expect(await store.readSecret('pending:b')).toBeUndefined();
      expect(await store.listSecrets('pending:')).toEqual(['pending:a%']);
    });
  });

  describe(`${driver}: the counter`, () => {
    it('rises with every change and with nothing else', async () => {
      const { store } = start();
      let last = store.changeCounter();
      const changes: (() => Promise<unknown>)[] = [
        () => store.saveLogin(id, oauthCredential()),
        () => store.recordIntent(id, 1),
        () => store.recordTransient(id, 1, 'no network'),
        () => store.commitRefresh(id, 1, oauthCredential()),
        () => store.markDead(id, 2, 'revoked'),
        () => store.createSecret('gateway-token', 'x'),
        () => store.replaceSecret('gateway-token', 'y'),
        () => store.deleteSecret('gateway-token'),
        () => store.deleteProfile(id),
      ];
      for (const change of changes) {
        await change();
        expect(store.changeCounter()).toBeGreaterThan(last);
        last = store.changeCounter();
        await store.listProfiles();
        await store.readProfile(id);
        await store.readSecret('gateway-token');
        expect(store.changeCounter()).toBe(last);
      }
    });
  });

  describe(`${driver}: a lock`, () => {
    it('is held by one at a time, in the order of asking', async () => {
      const { store } = start();
      const log: string[] = [];
      const work = async (name: string): Promise<void> => {
        const release = await store.lock('refresh', { timeoutMs: 1_000 });
        log.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`${name} out`);
        release();
        release();
      };
      await Promise.all([work('a'), work('b'), work('c')]);
      expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    });

    it('of another name is another lock', async () => {
      const { store } = start();
      const releases = [
        await store.lock('refresh:a', { timeoutMs: 0 }),
        await store.lock('refresh:b', { timeoutMs: 0 }),
      ];
      for (const release of releases) release();
    });

    it('is waited for as long as was said', async () => {
      const { store, clock } = start();
      const release = await store.lock('refresh', { timeoutMs: 0 });
      const late = store.lock('refresh', { timeoutMs: 800 });
      const outcome = expect(late).rejects.toMatchObject({
        code: 'STORE_BUSY',
        message: expect.stringMatching(/refresh.*0\.8 s/) as string,
      });
      await clock.advance(801);
      await outcome;
      release();
      (await store.lock('refresh', { timeoutMs: 0 }))();
      expect(clock.timerCount()).toBe(0);
    });

    it('is no longer waited for after the signal', async () => {
      const { store, clock } = start();
      const release = await store.lock('refresh', { timeoutMs: 0 });
      const controller = new AbortController();
      const reason = new Error('the client hung up');
      const waiting = store.lock('refresh', { timeoutMs: 800, signal: controller.signal });
      const next = store.lock('refresh', { timeoutMs: 800 });
      const outcome = expect(waiting).rejects.toBe(reason);
      controller.abort(reason);
      await outcome;
      await expect(store.lock('refresh', { timeoutMs: 800, signal: controller.signal })).rejects.toBe(reason);
      release();
      (await next)();
      expect(clock.timerCount()).toBe(0);
    });

    it('goes with the store', async () => {
      const { store } = start();
      const release = await store.lock('refresh', { timeoutMs: 0 });
      const waiting = store.lock('refresh', { timeoutMs: 800 });
      const outcome = expect(waiting).rejects.toMatchObject({ code: 'STORE_BUSY' });
      store.close();
      await outcome;
      release();
      await expect(store.listProfiles()).rejects.toThrow('closed');
    });
  });
}
