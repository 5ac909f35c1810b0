import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Wanted } from './support/redis-user.js';
import { wrapped } from './support/wrapped.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted, key: string])[] = [
  ['alone', {}, 'x'],
  ['permits', { limit: 2, permits: 2 }, 'sh'],
];

/** The way to a server, for scripts: it can be long, or closed. */
class Way {
  delay = 0;
  private isClosed = false;
  private readonly waiting: (() => void)[] = [];

  user(url: string): RedisUser {
    const client = wrapped(url, async (call, command, args) => {
      if (command.startsWith('eval')) await this.pass();
      return call(command, args);
    });
    return new RedisUser(client, { timeout: '20s' });
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.isClosed = false;
    this.waiting.shift()?.();
  }

  /** Lets one through, and stays closed. */
  async letOne(): Promise<void> {
    await until(() => this.waiting.length > 0, 'somebody who wants to pass');
    this.waiting.shift()?.();
  }

  private async pass(): Promise<void> {
    if (this.delay > 0) await sleep(this.delay);
    if (this.isClosed) await new Promise<void>((go) => this.waiting.push(go));
  }
}

describeWithRedis('who is far away', (server) => {
  afterEach(() => RedisUser.closeAll());

  it.each(WAYS)('gets what it was his turn to have, though it is reserved no more: %s', async (_, wanted, key) => {
    const name = anyName();
    const ways = [new Way(), new Way()] as const;
    const [one, two] = [ways[0].user(server().url), ways[1].user(server().url)];
    const holder = new RedisUser(server().url);
    const { grant } = await holder.acquire(name, wanted);
    const first = await one.queue(name, wanted);
    const second = await two.queue(name, wanted);
    for (const way of ways) way.close();
    await holder.release(grant);
    await until(async () => !(await keysOf(server(), name)).includes(key), 'the end of the reservation');
    await ways[0].letOne();
    const granted = await first.granted();
    ways[0].open();
    expect(second.last).toMatchObject({ type: 'queued' });
    ways[1].open();
    await one.release(granted.grant);
    await second.granted();
  });

  it.each(WAYS)('has what is next his reserved until he can come: %s', async (_, wanted, key) => {
    const name = anyName();
    const way = new Way();
    way.delay = 600;
    const far = way.user(server().url);
    const holder = new RedisUser(server().url);
    const { grant } = await holder.acquire(name, wanted);
    const next = await far.queue(name, wanted);
    // What he says once he knows how long it takes.
    const heard = `rxlock:{${name}}:${key.slice(0, -1)}a`;
    await until(async () => (await server().ask('ZCARD', heard)) === 2, 'how long it takes');
    await holder.release(grant);
    expect(await server().ask('PTTL', `rxlock:{${name}}:${key}`)).toBeGreaterThan(600);
    await next.granted();
    expect(await server().ask('EXISTS', heard)).toBe(0);
  });
});
