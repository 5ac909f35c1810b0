import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Attempt, type Granted, type Wanted } from './support/redis-user.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted])[] = [
  ['alone', {}],
  ['shared between writers', { mode: 'shared' }],
  ['permits', { limit: 2, permits: 2 }],
];
/** What a busy machine may add to a bound. Milliseconds. */
const SLACK = 2500;

// Other processes take their time to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

describeWithRedis('the queue', (server) => {
  afterEach(() => RedisUser.closeAll());
  const user = (options = {}): RedisUser => new RedisUser(server().url, options);
  const orderOf = async (
    attempts: readonly Attempt[],
    release: (index: number) => Promise<unknown>,
  ): Promise<number[]> => {
    const order: number[] = [];
    while (order.length < attempts.length) {
      await until(
        () => attempts.some(({ last }, index) => last?.type === 'granted' && !order.includes(index)),
        'a grant',
      );
      const now = attempts.flatMap(({ last }, index) =>
        last?.type === 'granted' && !order.includes(index) ? [index] : [],
      );
      order.push(...now);
      for (const index of now) await release(index);
    }
    return order;
  };

  for (const [title, wanted] of WAYS) {
    it(`serves those of several clients in the order in which they came: ${title}`, async () => {
      const name = anyName();
      const users = [user(), user(), user()];
      // A reader waits for a writer, and the other way round.
      const needs = (index: number): Wanted => (wanted.mode === 'shared' && index % 2 === 1 ? {} : wanted);
      const first = await users[0]!.acquire(name, wanted.limit === undefined ? {} : wanted);
      const attempts: Attempt[] = [];
      for (let index = 0; index < 9; index++) attempts.push(await users[index % 3]!.queue(name, needs(index)));
      expect(attempts.map(({ last }) => (last as { position: number }).position)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      await users[0]!.release(first.grant);
      const order = await orderOf(attempts, (index) => {
        return users[index % 3]!.release((attempts[index]!.last as Granted).grant);
      });
      expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      await until(async () => (await keysOf(server(), name)).every((key) => key.endsWith('f')), 'no queue');
    });
  }

  it('lets nobody overtake who waits: not the one who gave it back, not a reader, not who does not wait', async () => {
    const name = anyName();
    const [one, two, three] = [user(), user(), user()];
    const { grant } = await one.acquire(name, { mode: 'shared' });
    const waiting = await two.queue(name);
    await expect(three.ask(name, { mode: 'shared', wait: false }).over()).resolves.toMatchObject({ types: ['held'] });
    const reader = await three.queue(name, { mode: 'shared' });
    const released = one.release(grant);
    const again = one.ask(name);
    await released;
    await waiting.granted();
    expect([reader.types, again.types]).toEqual([['queued'], expect.not.arrayContaining(['granted'])]);
  });

  it('is not overtaken by the short way either, at the moment when a lock has run out', async () => {
    const name = anyName();
    const [one, two, three] = [user(), user(), user()];
    await one.acquire(name);
    const waiting = await two.queue(name);
    // What its end leaves: nobody has it, and nobody was told.
    await server().ask('DEL', `rxlock:{${name}}:x`);
    expect((await three.ask(name, { wait: false }).over()).types).toEqual(['held']);
    await waiting.granted();
  });

  it('gives no more permits to those who are served together than there are', async () => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name, { limit: 3, permits: 3 });
    const waiting: Attempt[] = [];
    for (let times = 0; times < 5; times++) waiting.push(await two.queue(name, { limit: 3, permits: 1 }));
    await one.release(grant);
    await Promise.all(waiting.slice(0, 3).map((attempt) => attempt.granted()));
    await until(() => waiting[3]!.last?.type === 'queued' && waiting[3]!.last.position === 0, 'the next place');
    await expect(one.ask(name, { limit: 3, permits: 1, wait: false }).over()).resolves.toMatchObject({
      types: ['held'],
    });
    expect(waiting.filter(({ last }) => last?.type === 'granted').length).toBe(3);
  });

  it('does not let a large need be overtaken by small ones', async () => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name, { limit: 3, permits: 2 });
    const large = await two.queue(name, { limit: 3, permits: 3 });
    const small = await one.queue(name, { limit: 3, permits: 1 });
    await expect(two.ask(name, { limit: 3, permits: 1, wait: false }).over()).resolves.toMatchObject({
      types: ['held'],
    });
    await one.release(grant);
    await two.release((await large.granted()).grant);
    await small.granted();
  });

  it('tells who has it, and how many are before one', async () => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name, { metadata: 'm' });
    const first = await two.queue(name);
    const second = await two.queue(name);
    expect(first.last).toMatchObject({ type: 'queued', position: 0, holder: 'me', mode: 'exclusive' });
    expect(second.last).toMatchObject({ type: 'queued', position: 1, holder: 'me' });
    const left = (first.last as { expiresAt: number }).expiresAt - Date.now();
    expect(left).toBeGreaterThan(20_000);
    expect(left).toBeLessThanOrEqual(30_000);
    await expect(two.status(name)).resolves.toMatchObject({ waiters: 2, holder: 'me', metadata: 'm' });
    await one.release(grant);
    await first.granted();
    await until(() => second.last?.type === 'queued' && second.last.position === 0, 'the way forward');
  });

  it('anchors a grant at the question that was answered with it', async () => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name);
    const waiting = await two.queue(name);
    await sleep(300);
    const before = two.clock.elapsed();
    await one.release(grant);
    const { bounds, confirm } = await waiting.granted();
    expect(bounds[0].sentAt).toBeGreaterThanOrEqual(before);
    expect(bounds[0].sentAt).toBeLessThanOrEqual(two.clock.elapsed());
    expect(confirm).toBeUndefined();
  });

  it.each(WAYS)('costs the others a reservation at most that a client died while it waited: %s', async (_, wanted) => {
    const name = anyName();
    const holding = wanted.limit === undefined ? {} : wanted;
    const one = user();
    const { grant } = await one.acquire(name, holding);
    const child = await waitInChild(name, wanted);
    const next = await user().queue(name, wanted.mode === 'shared' ? {} : wanted);
    child.kill('SIGKILL');
    await until(() => child.signalCode !== null, 'its death');
    const before = performance.now();
    await one.release(grant);
    await next.granted();
    expect(performance.now() - before).toBeLessThan(500 + SLACK);
  });

  it('costs the reservation at most that a client hears no message', async () => {
    const name = anyName();
    const one = user();
    const { grant } = await one.acquire(name);
    const deaf = await user().queue(name);
    // Its place is taken by somebody who never comes.
    await server().ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const next = await user().queue(name);
    await one.release(grant);
    const before = performance.now();
    await until(() => [deaf, next].some(({ last }) => last?.type === 'granted'), 'a grant');
    expect(performance.now() - before).toBeLessThan(500 + SLACK);
  });

  it('takes who was not heard of for dead, and gives him another place as soon as he is', async () => {
    const name = anyName();
    const [one, two, three] = [user(), user(), user()];
    const { grant } = await one.acquire(name);
    const silent = await two.queue(name);
    const next = await three.queue(name);
    const [member] = (await server().ask('ZRANGE', `rxlock:{${name}}:q`, 0, 0)) as string[];
    // As if it had not been heard of for half a minute. It says that it is alive once a second.
    await server().ask('ZADD', `rxlock:{${name}}:a`, Date.now() - 30_000, member!);
    await one.release(grant);
    const second = await next.granted();
    await until(() => silent.last?.type === 'queued' && silent.types.length > 0, 'another place');
    await three.release(second.grant);
    await silent.granted();
  });

  it.each([
    ['by who comes new: they may have had no chance', false],
    ['but by who would have heard of them', true],
  ] as const)('takes nobody for dead for a silence of some seconds, %s', async (_, isSure) => {
    const name = anyName();
    const [one, two] = [user(), user()];
    await one.acquire(name);
    const silent = `${'f'.repeat(24)}x`;
    for (let i = 0; isSure && i < 20; i++) {
      await two.status(name);
      two.clock.advance(250);
    }
    await server().ask('ZADD', `rxlock:{${name}}:q`, 1, silent);
    await server().ask('ZADD', `rxlock:{${name}}:a`, Date.now() - 5000, silent);
    expect((await two.queue(name)).last).toMatchObject({ position: isSure ? 0 : 1 });
  });

  it('keeps the place of who is cut off and comes back', async () => {
    const name = anyName();
    const [one, two, three] = [user(), user(), user()];
    const { grant } = await one.acquire(name);
    const first = await two.queue(name);
    const second = await three.queue(name);
    await server().ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await server().ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await sleep(1500);
    expect([first.last, second.last]).toMatchObject([{ position: 0 }, { position: 1 }]);
    await one.release(grant);
    await first.granted();
    expect(second.types).not.toContain('granted');
  });

  for (const [title, wanted] of WAYS) {
    it.each([0, 1, 2, 4, 8, 16, 32])(`leaves nothing of who leaves after %i ms: ${title}`, async (delay) => {
      const name = anyName();
      const one = user();
      const held = await one.acquire(name, wanted.limit === undefined ? {} : wanted);
      const leaving = Array.from({ length: 5 }, () => one.ask(name, wanted));
      await sleep(delay);
      for (const attempt of leaving) attempt.leave();
      await one.release(held.grant);
      await until(async () => (await keysOf(server(), name)).every((key) => key.endsWith('f')), 'no key but the token');
      expect(leaving.flatMap(({ strays }) => strays)).toEqual([]);
      await one.acquire(name, { ...wanted, wait: false });
    });
  }

  it('gives back a reservation, and a grant, of who leaves while he is served', async () => {
    const name = anyName();
    const [one, two, three] = [user(), user(), user()];
    for (let delay = 0; delay < 8; delay++) {
      const { grant } = await one.acquire(name);
      const leaving = await two.queue(name);
      const next = await three.queue(name);
      await Promise.all([
        one.release(grant),
        sleep(delay / 2).then(() => {
          leaving.leave();
        }),
      ]);
      await until(() => next.last?.type === 'granted' || leaving.strays.length > 0 || leaving.last?.type === 'granted');
      for (const given of [...leaving.strays, ...(leaving.last?.type === 'granted' ? [leaving.last.grant] : [])])
        await two.release(given);
      await three.release((await next.granted()).grant);
    }
    await until(async () => (await keysOf(server(), name)).join() === 'f', 'no key but the token');
  });

  it('marks the last token only while somebody waits', async () => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name);
    const token = (): Promise<unknown> => server().ask('GET', `rxlock:{${name}}:f`);
    expect(await token()).toMatch(/^\d+$/);
    const waiting = await two.queue(name);
    expect(await token()).toMatch(/^\d+q$/);
    waiting.leave();
    await until(async () => /^\d+$/.test(String(await token())), 'the mark');
    await one.release(grant);
  });

  /** Another process that waits for it. */
  async function waitInChild(name: string, wanted: Wanted): Promise<ChildProcess> {
    const child = fork(
      new URL('./support/waiting-program.ts', import.meta.url),
      [server().url, name, JSON.stringify(wanted)],
      {
        execArgv: ['--import', 'tsx'],
      },
    );
    const told: unknown[] = [];
    child.on('message', (message) => told.push(message));
    await until(() => told.includes('queued'), 'the place of the other process', 50_000);
    return child;
  }
});
