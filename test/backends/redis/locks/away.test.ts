import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { LockNetworkError } from '../../../../src/contract/errors.js';
import { describeWithRedises } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { expectInTurn } from './support/expect-in-turn.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser } from './support/redis-user.js';

/** Longer than somebody may be silent. Milliseconds. */
const LONG = 5500;
/** What a server cannot help for a while. */
const OUTAGES: readonly (readonly [
  title: string,
  begin: (server: RedisServer) => unknown,
  end: (server: RedisServer) => unknown,
])[] = [
  ['killed, and started again', (server) => server.kill(), (server) => server.run()],
  ['stopped, and continued', (server) => server.pause(), (server) => server.resume()],
  // It ends by itself: after it was looked what they were told.
  ['paused', (server) => server.ask('CLIENT', 'PAUSE', LONG + 3000), () => undefined],
  [
    'with too few replicas',
    (server) => server.ask('CONFIG', 'SET', 'min-replicas-to-write', 1),
    (server) => server.ask('CONFIG', 'SET', 'min-replicas-to-write', 0),
  ],
  [
    'the replica of one that is away',
    (server) => server.ask('REPLICAOF', '127.0.0.1', 1),
    (server) => server.ask('REPLICAOF', 'NO', 'ONE'),
  ],
];

vi.setConfig({ testTimeout: 60_000 });

describeWithRedises('a server that is away for a while', (start) => {
  afterEach(() => RedisUser.closeAll());

  it.each(OUTAGES)('keeps the places of those who wait, and their order: %s', async (_, begin, end) => {
    const server = await start({ appendonly: true });
    const name = anyName();
    const holder = new RedisUser(server.url);
    const { grant } = await holder.acquire(name);
    const users = [0, 1, 2, 3].map(() => new RedisUser(server.url, { timeout: '1s' }));
    const waiting = [];
    for (const user of users) waiting.push(await user.queue(name));
    await begin(server);
    await sleep(LONG);
    expect(waiting.map(({ error }) => error)).toEqual(users.map(() => undefined));
    // And says why he waits.
    expect(waiting.map(({ last }) => last)).toEqual(
      users.map(() => ({ type: 'queued', cause: expect.any(LockNetworkError) as unknown })),
    );
    await end(server);
    const since = Date.now();
    const said = (): Promise<unknown> => server.ask('ZCOUNT', `rxlock:{${name}}:a`, since, '+inf');
    const hearing = async (): Promise<number> => ((await server.ask('PUBSUB', 'CHANNELS')) as unknown[]).length;
    await until(async () => (await said()) === users.length, 'a word of all who wait');
    await until(async () => (await hearing()) === users.length, 'the channels of all who wait');
    await until(async () => (await holder.release(grant)).outcome !== 'unknown', 'the release');
    await expectInTurn(users, waiting);
    await until(async () => (await keysOf(server, name)).every((key) => key.endsWith('f')), 'no queue');
  });
});
