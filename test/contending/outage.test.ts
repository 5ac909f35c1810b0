import { createServer } from 'node:net';
import { of, throwError, type Unsubscribable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dflockd } from '../../src/backends/dflockd/index.js';
import { octostore as octostoreForBrowsers } from '../../src/backends/octostore/index.browser.js';
import { octostore } from '../../src/backends/octostore/index.js';
import { redis } from '../../src/backends/redis/index.js';
import { socket } from '../../src/backends/socket/index.js';
import { LockCapacityError, LockNetworkError, LockValidationError, type LockError } from '../../src/contract/errors.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { lockStatus } from '../../src/values/lock-status.js';
import type { LockBackend } from '../../src/contract/backend.js';
import type { Locks } from '../../src/contract/locks.js';
import { ManualBackend } from '../support/manual-backend.js';
import { setup } from '../support/virtual.js';
import { spyOnWarnings } from '../support/spy-on-warnings.js';

const emitWarning = spyOnWarnings();

const warned = (): unknown[] =>
  emitWarning.mock.calls
    .filter((call: readonly unknown[]) => call[2] === 'RXLOCK_UNREACHABLE')
    .map((call: readonly unknown[]) => call[0]);

/** Locks in real time, as a runner fakes it, on a service that answers nobody. */
function outOfReach(error: unknown = new LockNetworkError('service at a:1 is down')) {
  const backend = new ManualBackend();
  backend.onAcquire = (call) => {
    call.fail(error);
  };
  const locks = createLocks(backend, { retry: { initial: '400ms', max: '400ms', jitter: 'none' } });
  return { backend, locks };
}

/** The service answers, and then is out of reach again. */
function answersForASecond(backend: ManualBackend): void {
  const { onAcquire } = backend;
  backend.onAcquire = (call) => {
    call.held();
  };
  vi.advanceTimersByTime(1000);
  backend.onAcquire = onAcquire;
}

describe('who waits for a service that is out of reach', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is warned of it once it has lasted for a second, with what the service is called', () => {
    const { locks } = outOfReach();
    locks.lock$('a', '30s').subscribe();
    vi.advanceTimersByTime(700);
    expect(warned()).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(warned()).toEqual([
      "still waiting for the lock 'a', because the service cannot be asked: service at a:1 is down. It is asked again and again; the option 'wait' sets a limit",
    ]);
  });

  it('is told of it, and warned, while he keeps his place in the queue, and again of the place', () => {
    const { backend, locks } = outOfReach();
    const cause = new LockNetworkError('service at a:1 is down');
    backend.onAcquire = (call) => {
      call.next({ type: 'queued', position: 1 });
    };
    const waiting: unknown[] = [];
    locks.lock$('a', '30s').subscribe((event) => {
      if (event.type === 'waiting') waiting.push(event.cause ?? event.position);
    });
    for (let i = 0; i <= 8; i++) {
      backend.acquired[0]!.next({ type: 'queued', cause });
      vi.advanceTimersByTime(250);
    }
    expect(warned()).toHaveLength(1);
    backend.acquired[0]!.next({ type: 'queued', position: 0 });
    expect(waiting).toEqual([1, cause, 0]);
  });

  it('is warned once for all who wait, and again of another outage', () => {
    const { backend, locks } = outOfReach();
    for (const name of ['a', 'b', 'c']) locks.lock$(name, '30s').subscribe();
    void locks.acquire('d', '30s').catch(() => undefined);
    locks.leader$('e', '30s').subscribe();
    vi.advanceTimersByTime(30_000);
    expect(warned()).toHaveLength(1);
    answersForASecond(backend);
    vi.advanceTimersByTime(30_000);
    expect(warned()).toHaveLength(2);
  });

  it('is warned again of another outage, if who was told of the first has left before its end', () => {
    const { backend, locks } = outOfReach();
    locks.lock$('a', '30s', { wait: '5s' }).subscribe({ error: () => undefined });
    vi.advanceTimersByTime(4000);
    locks.lock$('b', '30s').subscribe();
    vi.advanceTimersByTime(4000);
    expect(warned()).toHaveLength(1);
    answersForASecond(backend);
    vi.advanceTimersByTime(30_000);
    expect(warned()).toHaveLength(2);
  });

  it('is warned of a limit of the service as well, and at once if that asks to be left alone', () => {
    const { locks } = outOfReach(new LockCapacityError('too many', { retryAfter: 60_000 }));
    locks.lock$('a', '30s').subscribe();
    expect(warned()).toEqual([expect.stringMatching(/: too many\. /)]);
  });

  it('is warned of nothing if somebody just has the lock, if he does not wait, or if events$ is listened to', () => {
    const { locks } = outOfReach();
    locks.lock$('a', '30s', { wait: false }).subscribe({ error: () => undefined });
    locks.lock$('a', '30s', { retry: { count: 0 } }).subscribe({ error: () => undefined });
    const listened = outOfReach().locks;
    listened.events$.subscribe();
    listened.lock$('a', '30s').subscribe();
    const taken = outOfReach();
    taken.backend.onAcquire = (call) => {
      call.held();
    };
    taken.locks.lock$('a', '30s').subscribe();
    vi.advanceTimersByTime(30_000);
    expect(warned()).toEqual([]);
  });

  it('is warned of nothing in virtual time', () => {
    const { backend, locks, time } = setup();
    backend.onAcquire = (call) => {
      call.fail(new LockNetworkError('down'));
    };
    locks.lock$('a', '30s').subscribe();
    time.advance(60_000);
    expect(warned()).toEqual([]);
  });
});

describe('who watches a service that is out of reach', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A service that tells nothing by itself, and fails when it is asked. */
  function silent(error: LockError = new LockNetworkError('service at a:1 is down')) {
    const backend = new ManualBackend();
    const status = vi.spyOn(backend, 'status').mockReturnValue(throwError(() => error));
    return { backend, status, locks: createLocks(backend) };
  }

  it('is warned of it after a second, with what the service is called, and goes on waiting', () => {
    const { backend, locks } = silent();
    const told: unknown[] = [];
    locks.watch$('a').subscribe({ next: ({ name }) => told.push(name), error: (error: unknown) => told.push(error) });
    vi.advanceTimersByTime(900);
    expect(warned()).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(warned()).toEqual([
      "still waiting for the status of 'a', because the service cannot be asked: service at a:1 is down. It is asked again and again",
    ]);
    backend.statuses.next(lockStatus({ name: 'a', status: 'free' }));
    expect(told).toEqual(['a']);
  });

  it('is warned also if he listens to events$, which has none of it', () => {
    const { locks } = silent();
    locks.events$.subscribe();
    locks.watch$('a').subscribe();
    vi.advanceTimersByTime(2000);
    expect(warned()).toHaveLength(1);
  });

  it('is warned again of another outage', () => {
    const { backend, locks } = silent();
    locks.watch$('a').subscribe();
    locks.watch$('b').subscribe();
    vi.advanceTimersByTime(2000);
    expect(warned()).toHaveLength(1);
    backend.statuses.next(lockStatus({ name: 'a', status: 'free' }));
    locks.watch$('c').subscribe();
    vi.advanceTimersByTime(2000);
    expect(warned()).toHaveLength(2);
  });

  it('is warned of nothing, and nobody is asked, if the service tells something in time, or he leaves', () => {
    const { backend, status, locks } = silent();
    locks.watch$('a').subscribe();
    backend.statuses.next(lockStatus({ name: 'a', status: 'free' }));
    locks.watch$('b').subscribe().unsubscribe();
    vi.advanceTimersByTime(60_000);
    expect(status).not.toHaveBeenCalled();
    expect(warned()).toEqual([]);
  });

  it('is warned of nothing if a service that is silent can be asked, or fails otherwise', () => {
    const { status, locks } = silent(new LockValidationError('no name'));
    locks.watch$('a').subscribe();
    vi.advanceTimersByTime(2000);
    status.mockReturnValue(of(lockStatus({ name: 'b', status: 'free' })));
    locks.watch$('b').subscribe();
    vi.advanceTimersByTime(60_000);
    expect(warned()).toEqual([]);
  });

  it('has nobody asked in virtual time', () => {
    const { backend, locks, time } = setup();
    const status = vi.spyOn(backend, 'status');
    locks.watch$('a').subscribe();
    time.advance(60_000);
    expect(status).not.toHaveBeenCalled();
  });
});

describe('behind a port where nobody listens', () => {
  const TOKEN = 'a-very-s3cret-token';

  async function closedPort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { readonly port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  const backends: [string, (port: number) => LockBackend][] = [
    ['octostore', (port) => octostore({ baseUrl: `http://127.0.0.1:${String(port)}`, token: TOKEN })],
    [
      'octostore, for browsers',
      (port) => octostoreForBrowsers({ baseUrl: `http://127.0.0.1:${String(port)}`, token: TOKEN }),
    ],
    ['dflockd', (port) => dflockd({ port, auth: TOKEN })],
    ['socket', (port) => socket({ url: `ws://127.0.0.1:${String(port)}`, token: TOKEN })],
    ['redis', (port) => redis(`redis://:${TOKEN}@127.0.0.1:${String(port)}`)],
  ];
  const waits: [string, (locks: Locks) => Unsubscribable][] = [
    ['a lock', (locks) => locks.lock$('a', '30s').subscribe()],
    ['a status', (locks) => locks.watch$('a').subscribe()],
  ];
  const cases = backends.flatMap(([name, make]) => waits.map(([what, wait]) => ({ name, make, what, wait })));
  it.each(cases)('$name is named by its address to who waits for $what, and no secret is', async ({ make, wait }) => {
    const port = await closedPort();
    const locks = createLocks(make(port));
    const waiting = wait(locks);
    await vi.waitFor(() => expect(warned()).toHaveLength(1), { timeout: 10_000 });
    expect(warned()[0]).toMatch(new RegExp(`127\\.0\\.0\\.1:${String(port)}`));
    expect(JSON.stringify(emitWarning.mock.calls)).not.toContain('s3cret');
    waiting.unsubscribe();
    await locks.close();
  });

  it.each([
    ['octostore', (): LockBackend => octostore({ baseUrl: 'https://user:s3cret@host', token: TOKEN })],
    ['octostore', (): LockBackend => octostore({ baseUrl: 'https://host?key=s3cret', token: TOKEN })],
    ['dflockd', (): LockBackend => dflockd({ servers: ['user:s3cret@host:1'] })],
  ])('%s takes no secret as a part of the address, and does not repeat it', (_, make) => {
    let error: unknown;
    try {
      make();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: expect.stringMatching(/CONFIG|VALIDATION/) as unknown });
    expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
  });
});
