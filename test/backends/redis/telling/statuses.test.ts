import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { afterEach, expect, it } from 'vitest';
import { LockClosedError } from '../../../../src/index.js';
import type { LockStatus } from '../../../../src/contract/status.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import { anyName, RedisUser } from '../locks/support/redis-user.js';

const STRANGE = [
  'a{b}c',
  '{',
  '}',
  '%',
  '%7B',
  '%zz',
  '100%{x}',
  ':x',
  'a:sx',
  'a:h',
  '*',
  'a?b',
  '[a-z]',
  'back\\slash',
  'ä ü',
  '名前',
  '😀',
  'a/b',
  '^$',
];

describeWithRedis('what is told of locks', (server) => {
  afterEach(() => RedisUser.closeAll());
  const list = (user: RedisUser, prefix?: string): Promise<readonly LockStatus[]> =>
    firstValueFrom(user.backend.list(prefix));
  const namesOf = async (user: RedisUser, prefix?: string): Promise<readonly string[]> =>
    (await list(user, prefix)).map(({ name }) => name);

  it.each([
    ['each name in a slot of its own', {}],
    ['all names in one slot', { slot: 'app' }],
    ['another prefix', { prefix: 'my[*]?\\locks:' }],
  ])('keeps strange names apart, and lists them as they are: %s', async (_, options) => {
    await server().ask('FLUSHALL');
    const [one, two] = [new RedisUser(server().url, options), new RedisUser(server().url, options)];
    const grants = await Promise.all(STRANGE.map((name) => one.acquire(name)));
    await Promise.all(STRANGE.map((name) => one.acquire(`${name}.s`, { mode: 'shared' })));
    await one.acquire('a', { limit: 1, permits: 1 });
    for (const name of STRANGE) expect((await two.ask(name, { wait: false }).over()).types).toEqual(['held']);
    expect(await namesOf(two)).toEqual(STRANGE.flatMap((name) => [name, `${name}.s`]).sort());
    for (const name of STRANGE) {
      const found = await namesOf(two, name);
      expect(found).toEqual(
        [...STRANGE.flatMap((other) => [other, `${other}.s`])].filter((other) => other.startsWith(name)).sort(),
      );
    }
    await Promise.all(grants.map(({ grant }) => one.release(grant)));
    expect(await namesOf(two)).toEqual(STRANGE.map((name) => `${name}.s`).sort());
    expect(await namesOf(new RedisUser(server().url, { prefix: 'others:' }))).toEqual([]);
  });

  it('keeps to the prefix that the client itself puts before keys', async () => {
    await server().ask('FLUSHALL');
    const client = new Redis(server().url, { keyPrefix: 'app*:', lazyConnect: true });
    const [one, two] = [new RedisUser(client), new RedisUser(client)];
    const { grant } = await one.acquire('a{b}');
    const keys = (await server().ask('KEYS', '*')) as readonly string[];
    expect(keys.every((key) => key.startsWith('app*:rxlock:{a%7Bb%7D}:'))).toBe(true);
    expect(await namesOf(two)).toEqual(['a{b}']);
    expect(await namesOf(new RedisUser(server().url))).toEqual([]);
    const waiting = await two.queue('a{b}');
    await expect(one.status('a{b}')).resolves.toMatchObject({ status: 'held', waiters: 1 });
    const lease = { name: 'a{b}', fencingToken: grant.fencingToken! };
    await one.backend.guarded(lease, "return redis.call('SET', KEYS[1], 1)", ['data']);
    await expect(server().ask('GET', 'app*:data')).resolves.toBe('1');
    await one.release(grant);
    await waiting.granted();
    client.disconnect();
  });

  it('tells of a lock who has it, until when, and who waits', async () => {
    const name = anyName();
    const [one, two] = [new RedisUser(server().url), new RedisUser(server().url)];
    await expect(two.status(name)).resolves.toMatchObject({ name, status: 'free', holders: 0, waiters: 0 });
    const { grant } = await one.acquire(name, { metadata: 'a:1\nb', ttl: 20_000 });
    const waiting = await two.queue(name);
    const told = await two.status(name);
    expect(told).toMatchObject({
      status: 'held',
      mode: 'exclusive',
      holders: 1,
      holder: 'me',
      metadata: 'a:1\nb',
      fencingToken: grant.fencingToken,
      waiters: 1,
    });
    expect(Number(told.expiresAt) - Date.now()).toBeGreaterThan(15_000);
    expect(Number(told.expiresAt) - Date.now()).toBeLessThanOrEqual(20_000);
    expect(JSON.stringify(told)).not.toMatch(/[0-9a-f]{24}/);
    await one.release(grant);
    await waiting.granted();
  });

  it('tells of readers whose time is not over', async () => {
    const name = anyName();
    const [one, two] = [new RedisUser(server().url), new RedisUser(server().url)];
    await one.acquire(name, { mode: 'shared', ttl: 1000, metadata: 'first' });
    const second = await two.acquire(name, { mode: 'shared', ttl: 30_000, metadata: 'second' });
    await expect(one.status(name)).resolves.toMatchObject({
      status: 'held',
      mode: 'shared',
      holders: 2,
      metadata: 'first',
    });
    // Nobody has asked for it since: the first is still written down.
    await until(async () => (await one.status(name)).holders === 1, 'the end of the first');
    const told = await one.status(name);
    expect(told).toMatchObject({
      status: 'held',
      mode: 'shared',
      metadata: 'second',
      fencingToken: second.grant.fencingToken,
    });
    expect(Number(told.expiresAt) - Date.now()).toBeGreaterThan(20_000);
    expect(await server().ask('HLEN', `rxlock:{${name}}:i`)).toBe(2);
  });

  it.each([
    ['alone', {}],
    ['shared', { mode: 'shared' }],
    ['kept after its release', { keep: true }],
  ] as const)('is revoked, and goes to who waits: %s', async (_, wanted) => {
    const name = anyName();
    const [one, two] = [new RedisUser(server().url), new RedisUser(server().url)];
    const { grant } = await one.acquire(name, 'mode' in wanted ? wanted : {});
    const waiting = await two.queue(name);
    if ('keep' in wanted) await one.release(grant, 20_000);
    await firstValueFrom(two.backend.revoke(name), { defaultValue: undefined });
    await waiting.granted();
    if (!('keep' in wanted)) await expect(one.renew(grant)).resolves.toMatchObject({ outcome: 'refused' });
    await expect(one.release(grant)).resolves.toMatchObject({ outcome: 'gone' });
    await expect(two.status(name)).resolves.toMatchObject({ status: 'held', holders: 1 });
  });

  it('watches: tells at once, and again when something changes', async () => {
    const name = anyName();
    const [one, two] = [new RedisUser(server().url), new RedisUser(server().url)];
    const told: string[] = [];
    const watching = two.backend
      .watch(name)
      .subscribe(({ status, waiters }) => told.push(`${status} ${String(waiters)}`));
    await until(() => told.join() === 'free 0', 'the first');
    const { grant } = await one.acquire(name);
    await until(() => told.at(-1) === 'held 0', 'the grant');
    await one.release(grant);
    await until(() => told.at(-1) === 'free 0', 'the end');
    expect(told).toEqual(['free 0', 'held 0', 'free 0']);
    watching.unsubscribe();
  });

  it('watches on when one look was not answered, and ends with what will never be', async () => {
    const name = anyName();
    const proxy = await FaultProxy.start(server().port);
    const [one, two] = [
      new RedisUser(server().url),
      new RedisUser(`redis://127.0.0.1:${String(proxy.port)}`, { timeout: '500ms' }),
    ];
    const told: string[] = [];
    let ended: unknown;
    two.backend.watch(name).subscribe({
      next: ({ status }) => told.push(status),
      error: (error: unknown) => {
        ended = error;
      },
    });
    await until(() => told.join() === 'free', 'the first');
    const lost = proxy.loseReply(name, 'silence');
    await lost;
    const { grant } = await one.acquire(name);
    await until(() => told.at(-1) === 'held', 'the grant');
    await proxy.refuse();
    await one.release(grant);
    await proxy.heal();
    await until(() => told.at(-1) === 'free', 'the end');
    expect([told, ended]).toEqual([['free', 'held', 'free'], undefined]);
    await two.backend.close();
    await until(() => ended instanceof LockClosedError, 'the close');
    await proxy.stop();
  });
});
