import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FetchTransport } from '../../../src/backends/octostore/wire/fetch-transport.js';
import { schedulerClock } from '../../../src/values/scheduler-clock.js';
import { Client } from '../../../src/compat/octostore/client.js';
import {
  LockError,
  NetworkError,
  OctoStoreClient,
  type OctoStoreClientOptions,
} from '../../../src/compat/octostore/index.js';
import { LockUnsupportedError } from '../../../src/contract/errors.js';
import { HttpServer, json, type Seen } from '../../support/http-server.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import { Time } from '../../support/virtual.js';
import { anyName, describeWithDialect, errorOf, errorsOf, isFree } from './support/servers.js';

/** A client whose time the test moves by hand. */
class TimedClient extends Client {
  constructor(options: OctoStoreClientOptions, time: Time, clock = schedulerClock(time)) {
    const runtime = { clock, scheduler: time, random: () => 0 };
    super(options, (transport) => new FetchTransport(transport), runtime);
  }
}

describeWithOctoStore('OctoStoreClient with a session', (server) => {
  let proxy: FaultProxy;
  let time: Time;
  let lost: unknown[];
  let client: TimedClient;
  /** For how long the machine has slept: time that no timer counts. Milliseconds. */
  let slept: number;
  let name: string;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    time = new Time();
    lost = [];
    slept = 0;
    const clock = { ...schedulerClock(time), elapsed: () => time.now() + slept };
    const onLockLost = (...args: readonly unknown[]): void => void lost.push(args);
    client = new TimedClient(
      { baseUrl: proxy.url, token: server().tokens.alice, timeout: 3000, session: true, onLockLost },
      time,
      clock,
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
  const advanceTo = (at: number): void => {
    time.advance(at - time.frame);
  };
  /** What is left is when to look at the clock next: no request is under way. */
  const confirmed = (): Promise<void> => timers(1);
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
      advanceTo(beats * 20_000);
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
      time.advance(beats === 1 ? 20_000 : 6000);
      await until(() => keepAlives() >= beats, 'a keep-alive');
    }
    advanceTo(47_999);
    expect(lost).toEqual([]);
    advanceTo(48_000);
    expect(lost).toEqual([[name, lease_id]]);
    time.advance(100_000);
    expect(lost).toHaveLength(1);
  });

  it('tells of the loss of what a machine that slept held, and of nothing else', async () => {
    const { lease_id } = await client.acquireLock(name, 300);
    slept = 70_000;
    await client.acquireLock(anyName(), 300);
    expect(proxy.count('POST /sessions HTTP')).toBe(2);
    // The clock is looked at each second.
    time.advance(1000);
    expect(lost).toEqual([[name, lease_id]]);
  });

  it('tells of no loss of what has run out while a machine slept', async () => {
    await client.acquireLock(name, 30);
    slept = 70_000;
    time.advance(1000);
    await timers(0);
    expect(lost).toEqual([]);
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

  it('is another owner after an answer was lost, so that what is granted late ends with the old session', async () => {
    const committed = proxy.loseReply(`/locks/${name}/acquire`, 'silence');
    const failed = errorOf(client.acquireLock(name, 300));
    await committed;
    time.advance(3000);
    expect(await failed).toBeInstanceOf(NetworkError);
    time.advance(1);
    await until(() => proxy.count('DELETE /sessions/') === 1, 'the end of the session');
    expect(await client.acquireLock(name, 300)).toMatchObject({ status: 'acquired' });
    expect(proxy.count('POST /sessions HTTP')).toBe(2);
    expect(lost).toEqual([]);
  });

  it('ends nothing that its user holds when another answer was lost', async () => {
    const held = anyName();
    const { lease_id } = await client.acquireLock(held, 300);
    const committed = proxy.loseReply(`/locks/${name}/acquire`, 'silence');
    const failed = errorOf(client.acquireLock(name, 300));
    await committed;
    time.advance(3000);
    expect(await failed).toBeInstanceOf(NetworkError);
    time.advance(1);
    await until(() => isFree(server(), name), 'the clean-up');
    expect(proxy.count('DELETE /sessions/')).toBe(0);
    await client.releaseLock(held, lease_id!);
    await until(() => {
      time.advance(5);
      return proxy.count('DELETE /sessions/') === 1;
    }, 'the end of the session');
    expect(lost).toEqual([]);
  });

  it('goes on keeping alive, and tells of the loss of, what was renewed after its old end', async () => {
    const { lease_id } = await client.acquireLock(name, 21);
    time.advance(20_000);
    await until(() => keepAlives() === 1, 'a keep-alive');
    await confirmed();
    const request = proxy.hold('/renew');
    const renewing = client.renewLock(name, lease_id!, 300);
    await request.arrived;
    time.advance(1500);
    // Whatever looks at the leases meanwhile must not forget it.
    const other = anyName();
    await client.releaseLock(other, (await client.acquireLock(other, 300)).lease_id!);
    request.release();
    await renewing;
    await until(() => {
      time.advance(1000);
      return keepAlives() >= 2;
    }, 'another keep-alive');
    await server().ask('DELETE', `/sessions/${sessionId()}`);
    await until(() => {
      time.advance(1000);
      return lost.length > 0;
    }, 'the loss');
    expect(lost).toEqual([[name, lease_id]]);
  });

  it('does not hand out what comes after its time was over', async () => {
    const request = proxy.hold(`/locks/${name}/acquire`);
    const failed = errorOf(client.acquireLock(name, 1));
    await request.arrived;
    time.advance(900);
    request.release();
    expect(await failed).toMatchObject({ name: 'NetworkError', message: 'the grant came after its time was over' });
    expect(await isFree(server(), name)).toBe(true);
  });
});

describe('a session', () => {
  const UNTIL = '2030-01-01T00:00:00Z';
  /** Opens the sessions s1, s2 and so on; everything else is up to the test. */
  async function fake(answer: (seen: Seen, response: ServerResponse) => void): Promise<HttpServer> {
    let sessions = 0;
    return HttpServer.start((seen, response) => {
      if (seen.path === '/sessions') {
        json(response, 201, { session_id: `s${String(++sessions)}`, expires_at: UNTIL, keepalive_interval_secs: 30 });
      } else if (seen.method === 'DELETE') response.writeHead(204).end();
      else answer(seen, response);
    });
  }
  const grant = (lease_id: string): object => ({ status: 'acquired', lease_id, fencing_token: 1, expires_at: UNTIL });

  it('that ended while a grant was on its way is followed by another question', async () => {
    let late = (): void => undefined;
    const server = await fake(({ path, body }, response) => {
      const isFirst = body.includes('"s1"');
      const answer = (): void => {
        json(response, 200, grant(isFirst ? 'dead' : path));
      };
      if (!isFirst) answer();
      else if (path.includes('/x/')) late = answer;
      else json(response, 410, { error: 'gone', code: 'session_expired' });
    });
    const client = new OctoStoreClient({ baseUrl: server.url, token: 'a', session: true });
    const x = client.acquireLock('x', 300);
    await until(() => server.seen.some(({ path }) => path.includes('/x/')), 'the request');
    await client.acquireLock('y', 300);
    late();
    expect(await x).toMatchObject({ lease_id: '/locks/x/acquire' });
    await client.close();
    await server.stop();
  });

  it('is not kept alive before the time that the server demands', async () => {
    const server = await fake(({ path }, response) => {
      if (path.endsWith('/keepalive')) {
        json(response, 429, { error: 'slow down', code: 'rate_limited', retry_after_ms: 10_000 });
      } else json(response, 200, grant('lease'));
    });
    const time = new Time();
    const client = new TimedClient({ baseUrl: server.url, token: 'a', session: true }, time);
    await client.acquireLock('x', 300);
    const beats = (): number => server.seen.filter(({ path }) => path.endsWith('/keepalive')).length;
    time.advance(20_000);
    await until(() => beats() === 1, 'a keep-alive');
    // Its time limit is gone with its answer.
    await until(() => {
      time.advance(1);
      return time.actions.length === 1;
    }, 'the refusal');
    time.advance(9000);
    await client.health().catch(() => undefined);
    expect(beats()).toBe(1);
    time.advance(3000);
    await until(() => beats() === 2, 'another');
    await client.close();
    await server.stop();
  });

  it('is believed in for longer when whoever took a lock meanwhile has had it confirmed', async () => {
    let beats = 0;
    const server = await fake(({ path }, response) => {
      if (!path.endsWith('/keepalive')) json(response, 200, grant(path));
      else if (++beats > 1) json(response, 200, { expires_at: UNTIL });
      else json(response, 429, { error: 'slow down', code: 'rate_limited', retry_after_ms: 40_000 });
    });
    const time = new Time();
    const lost: string[] = [];
    const onLockLost = (name: string): void => void lost.push(name);
    const client = new TimedClient({ baseUrl: server.url, token: 'a', session: true, onLockLost }, time);
    await client.acquireLock('x', 300);
    time.advance(20_000);
    await until(() => beats === 1, 'a keep-alive');
    await until(() => {
      time.advance(1);
      return time.actions.length === 1;
    }, 'the refusal');
    time.advance(5000);
    await client.acquireLock('y', 300);
    expect(beats).toBe(2);
    // The first keep-alive that was confirmed went out after 25 s.
    time.advance(35_000);
    expect(lost).toEqual([]);
    await until(() => beats === 3, 'another keep-alive');
    await client.close();
    await server.stop();
  });

  it('of lock is opened with the new token while a rotation is under way', async () => {
    let rotate: (() => void) | undefined;
    const server = await HttpServer.start(({ path, token }, response) => {
      if (path.endsWith('/rotate')) {
        rotate = () => {
          json(response, 200, { token: 'new', user_id: 'id', github_username: 'alice' });
        };
      } else if (token !== 'new') {
        json(response, 401, { error: 'Invalid token' });
        const answer = rotate;
        rotate = undefined;
        // After the client has read this refusal.
        if (answer !== undefined) setTimeout(answer, 20);
      } else if (path === '/sessions') json(response, 201, { session_id: 's', expires_at: UNTIL });
      else json(response, 200, path.endsWith('/acquire') ? grant('lease') : {});
    });
    const client = new OctoStoreClient({ baseUrl: server.url, token: 'old' });
    // The backend reads its token before the rotation.
    const before = client.locks.status('x').catch((error: unknown) => error);
    expect(await before).toMatchObject({ name: 'LockAuthenticationError' });
    const rotation = client.rotateToken();
    await until(() => server.seen.some(({ path }) => path.endsWith('/rotate')), 'the rotation');
    const lease = await client.lock('x', 60);
    expect(lease.isHeld).toBe(true);
    await rotation;
    await client.close();
    await server.stop();
  });
});

describe('a client without a session', () => {
  it('keeps the name until the lease has run out, where a release may still arrive', async () => {
    const server = await HttpServer.start(({ path, body }, response) => {
      const { metadata } = JSON.parse(body) as { readonly metadata?: string };
      const grant = { status: 'acquired', lease_id: 'lease', fencing_token: 1, expires_at: 'then', metadata };
      // A release is never answered.
      if (path.endsWith('/acquire')) setTimeout(json, 20, response, 200, grant);
    });
    const count = (text: string): number => server.seen.filter(({ path }) => path.endsWith(text)).length;
    const time = new Time();
    const client = new TimedClient({ baseUrl: server.url, token: 'a', timeout: 3000 }, time);
    const cancel = new AbortController();
    const cancelled = errorOf(client.acquireLock('x', 300, { signal: cancel.signal }));
    await until(() => count('/acquire') === 1, 'the request');
    cancel.abort('enough');
    await until(() => count('/release') === 1, 'the release');
    time.advance(60_000);
    expect(await cancelled).toBe('enough');
    const refused = errorOf(client.acquireLock('x', 300));
    time.advance(3000);
    expect(await refused).toMatchObject({ name: 'NetworkError', message: expect.stringContaining('3000 ms') });
    expect(count('/acquire')).toBe(1);
    time.advance(300_000);
    await client.acquireLock('x', 300);
    expect(count('/acquire')).toBe(2);
    const closing = client.close();
    time.advance(2000);
    await closing;
    await server.stop();
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
