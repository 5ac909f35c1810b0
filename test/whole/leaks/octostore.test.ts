import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners, setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, Subject } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { usingLock } from '../../../operators/using-lock.js';
import { octostore } from '../../../src/backends/octostore/index.js';
import { createLocks, ofLockEvent, type LockOptions, type Locks } from '../../../src/index.js';
import { anyName } from '../../support/octostore-client.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';
import { timers } from './support/measure.js';

const COUNT = 1000;
const AT_ONCE = 20;

const SOCKETS = 'net.client.socket';

/** What a cycle works with. */
interface Given {
  readonly locks: Locks<bigint>;
  /** One that nobody else uses at this moment. */
  readonly name: string;
  readonly options: LockOptions;
  readonly index: number;
}

describeWithOctoStore(`${String(COUNT)} subscriptions on octostore`, (server) => {
  /** Every socket that anybody here has opened. */
  let sockets: Socket[];
  const note = (message: unknown): void => void sockets.push((message as { readonly socket: Socket }).socket);
  beforeEach(() => {
    // Whoever asks for a lock that he has just left may be told that he has it.
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    sockets = [];
    subscribe(SOCKETS, note);
  });
  afterEach(() => {
    unsubscribe(SOCKETS, note);
    vi.restoreAllMocks();
  });

  const connect = (token = server().tokens.alice): Locks<bigint> =>
    createLocks(octostore({ baseUrl: server().url, token }));

  /** Does it so many times, some of them at once, and asserts that nothing is left when the locks are closed. */
  async function repeat(cycle: (given: Given) => Promise<unknown>): Promise<void> {
    const over = timers();
    const before = sockets.length;
    const locks = connect();
    const { signal } = new AbortController();
    // That many wait at once.
    setMaxListeners(AT_ONCE, signal);
    const ending = new Subject<void>();
    const options = { signal, until: ending, wait: '1h' } as const;
    const lane = async (_: unknown, index: number): Promise<void> => {
      const name = anyName(`lane-${String(index)}`);
      for (let i = 0; i < COUNT / AT_ONCE; i++) await cycle({ locks, name, options, index: i });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(ending.observed).toBe(false);
    await locks.close();
    const own = sockets.slice(before);
    // However many locks it takes, a client has few connections.
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThan(COUNT / 2);
    await until(() => own.every(({ destroyed }) => destroyed), 'the end of the sockets');
    await over();
    const { json } = await server().ask('GET', '/locks?prefix=lane-');
    expect(json).toMatchObject({ locks: [] });
  }

  it('leave nothing behind: held, and left', () =>
    repeat(({ locks, name, options }) =>
      firstValueFrom(locks.lock$(name, '30s', { ...options, maxHold: '1h' }).pipe(ofLockEvent('acquired'))),
    ));

  it('leave nothing behind: left before the answer', () =>
    repeat(async ({ locks, name, options, index }) => {
      const asking = locks.lock$(name, '30s', options).subscribe();
      // At whatever step it may be by then.
      await sleep(index % 8);
      asking.unsubscribe();
    }));

  it('leave nothing behind: waiting, and left', async () => {
    const others = connect(server().tokens.bob);
    const taken = anyName('taken');
    const lease = await others.acquire(taken, '1h');
    await repeat(({ locks, options }) =>
      firstValueFrom(locks.lock$(taken, '30s', options).pipe(ofLockEvent('waiting'))),
    );
    await lease.release();
    await others.close();
  });

  it('leave nothing behind: under work', () =>
    repeat(({ locks, name, options }) =>
      firstValueFrom(usingLock(locks.lock$(name, '30s', options), (lease) => Promise.resolve(lease.name))),
    ));
});
