import { afterEach, expect, it } from 'vitest';
import { LockAuthenticationError, LockConfigError, LockLostError, LockValidationError } from '../../../../src/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { anyName, RedisUser } from './support/redis-user.js';
import { keysOf } from './support/keys-of.js';

const SET = "return redis.call('SET', KEYS[1], ARGV[1])";

describeWithRedis('guarded', (server) => {
  afterEach(() => RedisUser.closeAll());
  const user = (options = {}): RedisUser => new RedisUser(server().url, options);
  const valueOf = (key: string): Promise<unknown> => server().ask('GET', key);

  it.each([
    ['alone', {}],
    ['shared', { mode: 'shared' }],
  ] as const)('writes while it is held, %s', async (_, wanted) => {
    const [name, key] = [anyName(), anyName('data')];
    const one = user();
    const { grant } = await one.acquire(name, wanted);
    const lease = { name, fencingToken: grant.fencingToken! };
    await expect(one.backend.guarded(lease, SET, [key], [7])).resolves.toBe('OK');
    expect(await valueOf(key)).toBe('7');
    await expect(
      one.backend.guarded(lease, 'return {#KEYS, #ARGV, KEYS[1], ARGV[2]}', [key], ['a', 'b']),
    ).resolves.toEqual([1, 2, key, 'b']);
    await one.release(grant);
    await expect(one.backend.guarded(lease, SET, [key], [8])).rejects.toBeInstanceOf(LockLostError);
    expect(await valueOf(key)).toBe('7');
  });

  it('writes nothing with the token of another grant', async () => {
    const [name, key] = [anyName(), anyName('data')];
    const [one, two] = [user(), user()];
    const first = await one.acquire(name);
    await one.release(first.grant);
    await two.acquire(name);
    const lease = { name, fencingToken: first.grant.fencingToken! };
    await expect(one.backend.guarded(lease, SET, [key], [1])).rejects.toMatchObject({
      code: 'ERR_LOCK_LOST',
      reason: 'refused',
    });
    expect(await valueOf(key)).toBeNull();
  });

  it('writes nothing for a reader whose time is over while another one reads', async () => {
    const [name, key] = [anyName(), anyName('data')];
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name, { mode: 'shared', ttl: 1000 });
    await two.acquire(name, { mode: 'shared', ttl: 30_000 });
    const lease = { name, fencingToken: grant.fencingToken! };
    await until(async () => Number(await server().ask('ZCOUNT', `rxlock:{${name}}:h`, '-inf', Date.now() - 5)) === 1);
    // Nobody has asked for the lock since: it is still written down as a reader.
    await expect(server().ask('HLEN', `rxlock:{${name}}:i`)).resolves.toBe(2);
    await expect(one.backend.guarded(lease, SET, [key], [1])).rejects.toBeInstanceOf(LockLostError);
    expect(await valueOf(key)).toBeNull();
  });

  it('writes nothing for a reader who gave it back, while it is kept for him', async () => {
    const [name, key] = [anyName(), anyName('data')];
    const one = user();
    const { grant } = await one.acquire(name, { mode: 'shared' });
    await one.release(grant, 20_000);
    const lease = { name, fencingToken: grant.fencingToken! };
    await expect(one.backend.guarded(lease, SET, [key], [1])).rejects.toBeInstanceOf(LockLostError);
    expect(await valueOf(key)).toBeNull();
  });

  it('takes what another reader says of himself for no token', async () => {
    const [name, key] = [anyName(), anyName('data')];
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name);
    await one.release(grant);
    await two.acquire(name, { mode: 'shared', metadata: `a:${String(grant.fencingToken)}:b` });
    const lease = { name, fencingToken: grant.fencingToken! };
    await expect(one.backend.guarded(lease, SET, [key], [1])).rejects.toBeInstanceOf(LockLostError);
    expect(await valueOf(key)).toBeNull();
  });

  it.each([
    ['alone', {}],
    ['shared', { mode: 'shared' }],
  ] as const)('writes nothing in the time of the lock delay, %s', async (_, wanted) => {
    const [name, key] = [anyName(), anyName('data')];
    const one = user({ lockDelay: '20s' });
    const { grant } = await one.acquire(name, { ttl: 1000, ...wanted });
    await until(async () => Number(await server().ask('PTTL', `rxlock:{${name}}:x`)) < 20_000);
    const lease = { name, fencingToken: grant.fencingToken! };
    await expect(one.backend.guarded(lease, SET, [key], [1])).rejects.toBeInstanceOf(LockLostError);
    expect(await valueOf(key)).toBeNull();
  });

  it('is run where the server has forgotten all scripts', async () => {
    const [name, key] = [anyName(), anyName('data')];
    const one = user();
    const { grant } = await one.acquire(name);
    const lease = { name, fencingToken: grant.fencingToken! };
    for (const value of ['1', '2']) {
      await server().ask('SCRIPT', 'FLUSH');
      await expect(one.backend.guarded(lease, SET, [key], [value])).resolves.toBe('OK');
      expect(await valueOf(key)).toBe(value);
    }
  });

  it("passes on what the user's script answers, and what it fails with", async () => {
    const [name, key] = [anyName(), anyName('data')];
    const one = user();
    const { grant } = await one.acquire(name);
    const lease = { name, fencingToken: grant.fencingToken! };
    const run = (script: string): Promise<unknown> => one.backend.guarded(lease, script, [key]);
    await expect(run('return {1, {2, "x"}}')).resolves.toEqual([1, [2, 'x']]);
    await expect(run('return nil')).resolves.toBeNull();
    await expect(run("return redis.error_reply('ERR mine')")).rejects.toThrow(/^ERR mine/);
    await expect(run("return redis.error_reply('NOSTOCK none left')")).rejects.toThrow(/^NOSTOCK none left/);
    await expect(run('return nosuchthing()')).rejects.toThrow(/nosuchthing/);
    await server().ask('SET', key, 'text');
    await expect(run("return redis.call('LPUSH', KEYS[1], 1)")).rejects.toThrow(/^WRONGTYPE/);
    await expect(run("return redis.call('LPUSH', KEYS[1], 1)")).rejects.not.toBeInstanceOf(LockConfigError);
  });

  it('never tells the owner, by which it could be given back', async () => {
    const name = anyName();
    const one = user();
    const { grant } = await one.acquire(name);
    const owner = String(await server().ask('GET', `rxlock:{${name}}:x`)).slice(0, 24);
    const lease = { name, fencingToken: grant.fencingToken! };
    const answers = [
      await one.backend.guarded(lease, 'return {#KEYS, #ARGV, KEYS[1] or "none", ARGV[1] or "none"}'),
      await one.backend.guarded(lease, 'error("x")').catch((error: unknown) => error as Error),
      await one.backend.guarded({ name, fencingToken: 1n }, 'return 1').catch((error: unknown) => error as Error),
    ];
    expect(answers[0]).toEqual([0, 0, 'none', 'none']);
    for (const answer of answers.slice(1))
      expect(`${JSON.stringify(answer)} ${String((answer as Error).stack)}`).not.toContain(owner);
    expect(await keysOf(server(), name)).toEqual(['f', 'x']);
  });

  it('refuses what is no lease, and a name that is none', async () => {
    const one = user();
    await expect(one.backend.guarded({ name: anyName() } as never, SET)).rejects.toMatchObject({ option: 'lease' });
    await expect(one.backend.guarded({ name: '', fencingToken: 1n }, SET)).rejects.toBeInstanceOf(LockValidationError);
  });

  it('says what an ACL does not allow', async () => {
    await server().ask('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '&*', '+@all', '-eval', '-evalsha');
    const url = server().url.replace('redis://', 'redis://reader:secret@');
    const one = new RedisUser(url);
    await expect(one.backend.guarded({ name: anyName(), fencingToken: 1n }, SET)).rejects.toBeInstanceOf(
      LockAuthenticationError,
    );
  });
});
