import { inspect } from 'node:util';
import { createClient } from 'redis';
import { LockClosedError, LockConfigError, LockHeldError, LockLostError, LockValidationError } from 'rxlock';
import Redlock, { ExecutionError, Lock, Redlock as Named, ResourceLockedError } from 'rxlock/compat/redlock';
import { expect, it } from 'vitest';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { until } from '../../support/poll.js';
import { useClients } from './support/clients.js';

const AT_ONCE = { retryCount: 0 };

describeWithRedis('Redlock, on one server', (server) => {
  const { redlock, client } = useClients();

  async function failure(promise: Promise<unknown>): Promise<ExecutionError> {
    const error: unknown = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ExecutionError);
    return error as ExecutionError;
  }

  it('is the default export, and has its name', () => {
    expect(Redlock).toBe(Named);
    expect(() => new Redlock([])).toThrow('Redlock must be instantiated with at least one redis client.');
  });

  it('has the documented settings', () => {
    expect(redlock([server()]).settings).toEqual({
      driftFactor: 0.01,
      retryCount: 10,
      retryDelay: 200,
      retryJitter: 100,
      automaticExtensionThreshold: 500,
    });
    expect(redlock([server()], { retryCount: -1, driftFactor: 0 }).settings).toMatchObject({
      retryCount: -1,
      driftFactor: 0,
      retryDelay: 200,
    });
  });

  it.each([
    ['driftFactor', 1],
    ['driftFactor', -0.1],
    ['retryCount', -2],
    ['retryDelay', Number.NaN],
    ['retryJitter', -1],
    ['automaticExtensionThreshold', '500' as unknown as number],
  ] as const)('refuses the setting %s of %s', (option, value) => {
    expect(() => new Redlock([client(server())], { [option]: value })).toThrow(LockValidationError);
  });

  it('writes a random value under the name of the resource, which runs out', async () => {
    const lock = await redlock([server()]).acquire(['plain'], 5000);
    expect(await server().ask('GET', 'plain')).toBe(lock.value);
    expect(lock.value).toMatch(/^[0-9a-f]{32}$/);
    expect(await server().ask('PTTL', 'plain')).toBeGreaterThan(4000);
    expect(lock).toBeInstanceOf(Lock);
    expect(lock.resources).toEqual(['plain']);
    const rest = lock.expiration - Date.now();
    expect(rest).toBeLessThanOrEqual(5000 - 50 - 2 + 1);
    expect(rest).toBeGreaterThan(3000);
    await lock.release();
    expect(await server().ask('EXISTS', 'plain')).toBe(0);
  });

  it('tells who voted how', async () => {
    const one = client(server());
    const first = new Redlock([one]);
    const lock = await first.acquire(['votes'], 5000);
    expect(lock.attempts).toHaveLength(1);
    expect(await lock.attempts[0]).toEqual({
      membershipSize: 1,
      quorumSize: 1,
      votesFor: new Set([one]),
      votesAgainst: new Map(),
    });
    const { attempts } = await failure(
      first.acquire(['votes'], 5000, { retryCount: 2, retryDelay: 1, retryJitter: 0 }),
    );
    expect(attempts).toHaveLength(3);
    for (const attempt of attempts) {
      const { votesFor, votesAgainst } = await attempt;
      expect(votesFor.size).toBe(0);
      expect(votesAgainst.get(one)).toBeInstanceOf(ResourceLockedError);
    }
    await first.quit();
  });

  it('has errors that are of both families', async () => {
    const one = redlock([server()]);
    const lock = await one.acquire(['errors'], 5000);
    const held = await failure(one.acquire(['errors'], 5000, AT_ONCE));
    expect(held).toBeInstanceOf(LockHeldError);
    expect(held).toMatchObject({
      name: 'ExecutionError',
      message: 'The operation was unable to achieve a quorum during its retry window.',
      code: 'ERR_LOCK_HELD',
    });
    const against = [...(await held.attempts[0]!).votesAgainst.values()];
    expect(against).toEqual([
      expect.objectContaining({
        name: 'ResourceLockedError',
        message: 'The operation was applied to: 0 of the 1 requested resources.',
        code: 'ERR_LOCK_HELD',
      }),
    ]);
    await lock.release();
    expect(await failure(lock.release())).toBeInstanceOf(LockLostError);
  });

  it('emits each vote against, and needs no listener', async () => {
    const one = redlock([server()]);
    await one.acquire(['told'], 5000);
    await failure(one.acquire(['told'], 5000, AT_ONCE));
    const told: unknown[] = [];
    one.on('error', (error) => told.push(error));
    await failure(one.acquire(['told'], 5000, AT_ONCE));
    expect(told).toEqual([expect.any(ResourceLockedError)]);
  });

  it('takes several resources, or none of them', async () => {
    const one = redlock([server()]);
    const lock = await one.acquire(['a', 'b'], 5000);
    expect(await server().ask('MGET', 'a', 'b')).toEqual([lock.value, lock.value]);
    const { attempts } = await failure(one.acquire(['c', 'b'], 5000, AT_ONCE));
    expect([...(await attempts[0]!).votesAgainst.values()][0]?.message).toBe(
      'The operation was applied to: 0 of the 2 requested resources.',
    );
    expect(await server().ask('EXISTS', 'c')).toBe(0);
    await lock.release();
    expect(await server().ask('EXISTS', 'a', 'b')).toBe(0);
  });

  it('waits for a lock as its settings say', async () => {
    const one = redlock([server()]);
    const lock = await one.acquire(['waits'], 5000);
    const next = one.acquire(['waits'], 5000, { retryCount: -1, retryDelay: 5, retryJitter: 5 });
    await lock.release();
    const { attempts, value } = await next;
    expect(await server().ask('GET', 'waits')).toBe(value);
    expect((await attempts.at(-1)!).votesFor.size).toBe(1);
  });

  it('makes a new lock of one that is extended, with the same value', async () => {
    const one = redlock([server()]);
    const lock = await one.acquire(['extended'], 2000);
    const longer = await lock.extend(60_000);
    expect(longer).not.toBe(lock);
    expect(longer.value).toBe(lock.value);
    expect(lock.expiration).toBe(0);
    expect(longer.expiration - Date.now()).toBeGreaterThan(50_000);
    expect(await server().ask('PTTL', 'extended')).toBeGreaterThan(50_000);
    const error = await failure(lock.extend(2000));
    expect(error).toBeInstanceOf(LockLostError);
    expect(error.message).toBe('Cannot extend an already-expired lock.');
    expect(error.attempts).toEqual([]);
    await longer.release();
    await failure(longer.extend(2000));
  });

  it('never makes a lock shorter, so that two extensions at the same time shorten none', async () => {
    const one = redlock([server()]);
    const lock = await one.acquire(['shorter'], 2000);
    const [long, short] = await Promise.all([one.extend(lock, 60_000), one.extend(lock, 1000)]);
    expect(await server().ask('PTTL', 'shorter')).toBeGreaterThan(50_000);
    expect(short.expiration).toBeLessThan(long.expiration);
    await long.release();
  });

  it("finds at once that a lock is gone, or is another's", async () => {
    const one = redlock([server()]);
    const gone = await one.acquire(['gone'], 5000);
    await server().ask('DEL', 'gone');
    expect((await failure(gone.extend(5000))).attempts).toHaveLength(1);
    expect(await server().ask('EXISTS', 'gone')).toBe(0);
    const stolen = await one.acquire(['stolen'], 5000);
    await server().ask('SET', 'stolen', 'another');
    await failure(stolen.extend(5000));
    expect((await failure(stolen.release())).attempts).toHaveLength(1);
    expect(await server().ask('GET', 'stolen')).toBe('another');
  });

  it('believes in no lock whose time is over', async () => {
    const one = redlock([server()]);
    const lock = await one.acquire(['over'], 20);
    await until(() => Date.now() > lock.expiration + 5);
    expect((await failure(lock.extend(5000))).message).toBe('Cannot extend an already-expired lock.');
  });

  it('releases a lock that a program made of what it knows', async () => {
    const one = redlock([server()]);
    const { resources, value, expiration } = await one.acquire(['known'], 5000);
    const lock = new Lock(one, resources, value, [], expiration);
    await (await lock.extend(6000)).release();
    expect(await server().ask('EXISTS', 'known')).toBe(0);
  });

  it('refuses what cannot be', async () => {
    const one = redlock([server()]);
    const whole = 'Duration must be an integer value in milliseconds.';
    for (const duration of [1.5, Number.NaN, 0, -1, '5' as unknown as number]) {
      await expect(one.acquire(['bad'], duration)).rejects.toThrow(whole);
      await expect(one.using(['bad'], duration, async () => undefined)).rejects.toThrow(whole);
    }
    const lock = await one.acquire(['bad'], 5000);
    await expect(lock.extend(1.5)).rejects.toThrow(whole);
    await expect(one.acquire('bad' as unknown as string[], 5000)).rejects.toThrow(LockValidationError);
    await expect(one.acquire(['other'], 5000, { retryDelay: -1 })).rejects.toThrow(LockValidationError);
    await lock.release();
  });

  it('runs scripts of a user in place of its own', async () => {
    const seen: string[] = [];
    const mark = (script: string): string => {
      seen.push(script);
      return `redis.call('SET', 'mark:' .. KEYS[1], 'yes')\n${script}`;
    };
    const one = redlock([server()], {}, { acquireScript: mark, releaseScript: 'return #KEYS' });
    const lock = await one.acquire(['own'], 5000);
    expect(seen).toHaveLength(1);
    expect(await server().ask('GET', 'mark:own')).toBe('yes');
    await lock.release();
    expect(await server().ask('GET', 'own')).toBe(lock.value);
    expect(() => redlock([server()], {}, { extendScript: 1 as unknown as string })).toThrow(LockValidationError);
  });

  it('goes on after the scripts were flushed', async () => {
    const one = redlock([server()]);
    await (await one.acquire(['flushed'], 5000)).release();
    await server().ask('SCRIPT', 'FLUSH');
    const lock = await one.acquire(['flushed'], 5000, AT_ONCE);
    await server().ask('SCRIPT', 'FLUSH');
    await (await lock.extend(6000)).release();
    expect(await server().ask('EXISTS', 'flushed')).toBe(0);
  });

  it('shows no value of a lock', async () => {
    const one = redlock([server()]);
    const lock = await one.acquire(['secret'], 5000);
    for (const text of [
      inspect(lock, { depth: 9, getters: false }),
      JSON.stringify(lock),
      inspect(one, { depth: 9 }),
    ]) {
      expect(text).not.toContain(lock.value);
    }
    await lock.release();
  });

  it('ends the clients when it quits, and takes nothing after that', async () => {
    const one = client(server());
    const quitting = new Redlock([one]);
    const lock = await quitting.acquire(['quit'], 5000);
    await quitting.quit();
    await quitting.quit();
    await until(() => one.status === 'end');
    expect(await failure(quitting.acquire(['another'], 5000))).toBeInstanceOf(LockClosedError);
    await failure(lock.release());
    expect(await server().ask('GET', 'quit')).toBe(lock.value);
  });

  it('takes clients of node-redis as well', async () => {
    const one = createClient({ url: server().url });
    await one.connect();
    const redlock = new Redlock([one]);
    const lock = await redlock.acquire(['node-redis'], 5000);
    await expect(redlock.acquire(['node-redis'], 5000, AT_ONCE)).rejects.toThrow(ExecutionError);
    await (await lock.extend(6000)).release();
    expect((await lock.attempts[0]!).votesFor).toEqual(new Set([one]));
    await redlock.quit();
    expect(one.isOpen).toBe(false);
  });

  it('refuses what is no client', () => {
    expect(() => new Redlock([{}])).toThrow(LockConfigError);
  });
});
