import { afterEach, beforeEach, expect, it } from 'vitest';
import { FetchTransport } from '../../../src/backends/octostore/fetch-transport.js';
import { schedulerClock } from '../../../src/clock.js';
import { Client } from '../../../src/compat/octostore/client.js';
import {
  LockError,
  NetworkError,
  OctoStoreClient,
  type OctoStoreClientOptions,
} from '../../../src/compat/octostore/index.js';
import { LockUnsupportedError } from '../../../src/errors.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import { Time } from '../../support/virtual.js';
import { anyName, describeWithDialect, errorOf, errorsOf, isFree } from './servers.js';

/** A client whose time the test moves by hand. */
class TimedClient extends Client {
  constructor(options: OctoStoreClientOptions, time: Time) {
    const runtime = { clock: schedulerClock(time), scheduler: time, random: () => 0.5 };
    super(options, (transport) => new FetchTransport(transport), runtime);
  }
}

describeWithOctoStore('OctoStoreClient with a session', (server) => {
  let proxy: FaultProxy;
  let time: Time;
  let lost: unknown[];
  let client: TimedClient;
  let name: string;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    time = new Time();
    lost = [];
    const onLockLost = (...args: readonly unknown[]): void => void lost.push(args);
    client = new TimedClient(
      { baseUrl: proxy.url, token: server().tokens.alice, timeout: 3000, session: true, onLockLost },
      time,
    );
    name = anyName();
  });
  afterEach(async () => {
    await proxy.heal();
    const closing = client.close();
    // Its bound is in the time of this client.
    const passing = setInterval(() => {
      time.advance(200);
    }, 10);
    await closing;
    clearInterval(passing);
    await proxy.stop();
  });
  const keepAlives = (): number => proxy.count('/keepalive');
  /** What is left is when the next keep-alive is due, and when the session is lost: no request is under way. */
  const confirmed = (): Promise<void> => timers(2);
  /** Waits until so many timers are left: those of requests linger for some milliseconds. */
  const timers = (count: number): Promise<void> =>
    until(() => {
      time.advance(5);
      return time.actions.length === count;
    }, `a time with ${count} timers`);
  const sessionId = (): string => /\/sessions\/([^/]+)\/keepalive/.exec(proxy.requests.join('\n'))![1]!;

  it('keeps it alive for as long as a lock hangs on it', async () => {
    const { lease_id } = await client.acquireLock(name, 300);
    time.advance(19_000);
    expect(keepAlives()).toBe(0);
    for (let beats = 1; beats <= 3; beats++) {
      time.advance(20_000);
      await until(() => keepAlives() === beats, 'a keep-alive');
      await confirmed();
    }
    await client.releaseLock(name, lease_id!);
    await timers(0);
    time.advance(100_000);
    await client.health();
    expect(keepAlives()).toBe(3);
    expect(lost).toEqual([]);
  });

  it('stops when the last of its locks has run out, and keeps no timer', async () => {
    await client.acquireLock(name, 30);
    time.advance(20_000);
    await until(() => keepAlives() === 1, 'a keep-alive');
    await confirmed();
    time.advance(200_000);
    await client.health();
    expect(keepAlives()).toBe(1);
    await timers(0);
    expect(lost).toEqual([]);
  });

  it('tells which locks were lost when the server has ended it', async () => {
    const other = anyName();
    const first = await client.acquireLock(name, 300);
    const second = await client.acquireLock(other, 300);
    time.advance(20_000);
    await until(() => keepAlives() === 1, 'a keep-alive');
    await confirmed();
    await server().ask('DELETE', `/sessions/${sessionId()}`);
    time.advance(20_000);
    await until(() => lost.length === 2, 'the loss');
    expect(lost).toEqual([
      [name, first.lease_id],
      [other, second.lease_id],
    ]);
    expect(await isFree(server(), name)).toBe(true);
    // A fresh one takes its place.
    expect(await client.acquireLock(name, 300)).toMatchObject({ status: 'acquired' });
    await expect(client.renewLock(other, second.lease_id!)).rejects.toBeInstanceOf(LockError);
  });

  it('tells of the loss before the server can give the lock to another', async () => {
    const { lease_id } = await client.acquireLock(name, 300);
    proxy.blackhole();
    for (let beats = 1; beats <= 3; beats++) {
      time.advance(beats === 1 ? 20_000 : 4000);
      await until(() => keepAlives() >= beats, 'a keep-alive');
    }
    time.advance(19_900);
    expect(lost).toEqual([]);
    time.advance(200);
    expect(lost).toEqual([[name, lease_id]]);
    time.advance(100_000);
    expect(lost).toHaveLength(1);
  });

  it('tells of the loss of what a machine that slept held, and of nothing else', async () => {
    const { lease_id } = await client.acquireLock(name, 300);
    // Time has passed, and no timer has run.
    time.frame += 70_000;
    await client.acquireLock(anyName(), 300);
    expect(proxy.count('POST /sessions HTTP')).toBe(2);
    time.advance(1);
    expect(lost).toEqual([[name, lease_id]]);
  });

  it('takes a lock under a fresh session when its own has ended unnoticed', async () => {
    await client.acquireLock(anyName(), 300);
    time.advance(20_000);
    await until(() => keepAlives() === 1, 'a keep-alive');
    await confirmed();
    await server().ask('DELETE', `/sessions/${sessionId()}`);
    expect(await client.acquireLock(name, 300)).toMatchObject({ status: 'acquired' });
    expect(lost).toHaveLength(1);
    expect(proxy.count('POST /sessions HTTP')).toBe(2);
  });

  it('ends it when it is closed, and so frees everything at once', async () => {
    await client.acquireLock(name, 300);
    await client.close();
    expect(proxy.count('DELETE /sessions/')).toBe(1);
    expect(await isFree(server(), name)).toBe(true);
  });

  it('leaves nothing held where an answer was lost', async () => {
    const committed = proxy.loseReply(`/locks/${name}/acquire`, 'silence');
    const failed = errorOf(client.acquireLock(name, 300));
    await committed;
    time.advance(3000);
    expect(await failed).toBeInstanceOf(NetworkError);
    expect(await isFree(server(), name)).toBe(true);
    expect(lost).toEqual([]);
  });
});

describeWithDialect('a server that has no sessions', (server) => {
  const options = (): OctoStoreClientOptions => ({ baseUrl: server().url, token: server().tokens.alice });

  it('says so to a client with a session, and to lock', async () => {
    await using own = new OctoStoreClient({ ...options(), session: true });
    await using client = new OctoStoreClient(options());
    for (const error of await errorsOf([own.acquireLock(anyName()), client.lock(anyName())])) {
      expect(error).toBeInstanceOf(LockError);
      expect(error).toBeInstanceOf(LockUnsupportedError);
      expect(error).toMatchObject({ message: expect.stringContaining('no sessions'), retryable: false });
    }
  });
});
