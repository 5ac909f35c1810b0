import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { socket } from '../../../../src/backends/socket/index.js';
import type { Lease } from '../../../../src/contract/lease.js';
import type { Locks } from '../../../../src/contract/locks.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { listenNative } from '../../../server/native/support/listen.js';
import { until } from '../../../support/poll.js';

/** So long a lock is not lost by its time in a test. */
const TTL = '60s';

describe.each(['freeze', 'pagehide'] as const)('a page that hears %s', (type) => {
  let page: EventTarget;
  let server: Awaited<ReturnType<typeof listenNative>>;
  let locks: Locks<bigint>;
  let others: Locks<bigint>;
  /** As a browser does; whatever runs next runs when it is thawed. */
  const stop = (): void => {
    page.dispatchEvent(new Event(type));
  };
  beforeEach(async () => {
    page = new EventTarget();
    server = await listenNative();
    others = createLocks(socket({ url: server.url }), { holder: 'other' });
    await others.ping();
    vi.stubGlobal('window', page);
    locks = createLocks(socket({ url: server.url, reconnect: { initial: 5, max: 50 } }), {
      holder: 'page',
      retry: { initial: 5, max: 50 },
    });
    await locks.ping();
    vi.unstubAllGlobals();
  });
  afterEach(async () => {
    await Promise.all([locks.close(), others.close()]);
    await server[Symbol.asyncDispose]();
  });

  it('loses what it holds at once, and for good', async () => {
    const reasons: string[] = [];
    locks.events$.subscribe((event) => {
      if (event.type === 'lost') reasons.push(event.reason);
    });
    const lease = await locks.acquire('a', TTL);
    stop();
    expect(lease.isHeld).toBe(false);
    await others.acquire('a', TTL);
    await locks.ping();
    expect(lease.isHeld).toBe(false);
    expect(reasons).toEqual(['session']);
  });

  it.each<[what: string, ask: (lease: Lease<bigint>) => Promise<unknown>]>([
    ['handed on', (lease) => lease.detach()],
    ['given back', (lease) => lease.release()],
    ['extended', (lease) => lease.extend('90s')],
  ])('loses what is being %s just then', async (_, ask) => {
    const lease = await locks.acquire('a', TTL);
    const asked = ask(lease).catch((error: unknown) => error);
    // It is sent at the end of this turn, and not answered yet.
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await new Promise((resolve) => {
      process.nextTick(resolve);
    });
    stop();
    expect(lease.isHeld).toBe(false);
    await asked;
    await locks.ping();
    expect(lease.isHeld).toBe(false);
    expect(await locks.tryAcquire('b', TTL)).not.toBeNull();
  });

  it('goes on watching when it goes on: what has changed meanwhile is told', async () => {
    const seen: string[] = [];
    const watch = (name: string): void => {
      locks.watch$(name).subscribe({
        next: ({ status, holder = '' }) => seen.push(`${name} ${status} ${holder}`),
        error: (error: unknown) => seen.push(`${name} ${String(error)}`),
      });
    };
    watch('a');
    await until(() => seen.length === 1);
    // One more is asked for, and not answered yet.
    watch('b');
    stop();
    await others.acquire('a', TTL);
    await until(() => seen.includes('a held other'), 'what has changed');
    await others.acquire('b', TTL);
    await until(() => seen.includes('b held other'), 'what has changed');
    expect(seen[0]).toBe('a free ');
    expect(seen.filter((line) => line.includes('Error'))).toEqual([]);
  });

  it('goes on waiting and leading when it goes on, with a new session', async () => {
    const terms: boolean[] = [];
    locks.leader$('l', TTL).subscribe({ next: ({ leading }) => terms.push(leading), error: () => undefined });
    await until(() => terms.at(-1) === true);
    const lease = await others.acquire('a', TTL);
    const waiting = locks.acquire('a', TTL);
    await until(async () => (await others.status('a')).waiters === 1);
    stop();
    expect(terms.at(-1)).toBe(false);
    await until(() => terms.at(-1) === true, 'another term');
    await until(async () => (await others.status('a')).waiters === 1, 'another wait');
    await lease.release();
    expect((await waiting).isHeld).toBe(true);
  });
});
