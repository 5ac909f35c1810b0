import { getEventListeners } from 'node:events';
import { Subject, type Subscription } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { memory } from '../../../src/backends/memory/memory.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import type { AcquireRequest, Grant, LockBackend } from '../../../src/index.js';
import { Time } from '../../support/virtual.js';
import { CYCLES, type Ground } from './support/cycles.js';
import { grow, timers } from './support/measure.js';

const COUNT = 10_000;
const AT_ONCE = 5000;

/** A service that can only be asked again and again: it has no queue, and tells of nothing. */
function deaf<B extends LockBackend>(backend: B): B {
  return Object.assign(Object.create(backend) as B, {
    features: { ...backend.features, push: false, fifo: false },
    watch: undefined,
    acquire(request: AcquireRequest) {
      const { name, ttl, limit, metadata, holder } = request;
      const stray = (grant: Grant): void => request.stray(grant);
      return backend.acquire({ name, ttl, limit, metadata, holder, stray, wait: false });
    },
  });
}

/** Fields where all this happens, in real time or in another. */
function ground(time?: Time): Ground & { readonly backend: LockBackend; close(): Promise<void> } {
  const backend = memory();
  const options = time === undefined ? {} : { scheduler: time };
  const locks = createLocks(backend, { ...options, holder: 'one' });
  const others = createLocks(backend, { ...options, holder: 'two' });
  const polling = createLocks(deaf(backend), { ...options, holder: 'three' });
  const held = others.lock$('taken', '1h').subscribe();
  return {
    ...{ backend, locks, others, polling, until: new Subject<void>(), signal: new AbortController().signal },
    async close() {
      held.unsubscribe();
      for (const one of [locks, others, polling]) await one.close();
    },
  };
}

async function expectNothing({ locks, signal, until }: Ground): Promise<void> {
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  expect(until.observed).toBe(false);
  // But for the one that others hold, nothing is known any more: neither holders nor waiters.
  const statuses = await locks.list();
  expect(statuses.map(({ name, waiters }) => ({ name, waiters }))).toEqual([{ name: 'taken', waiters: 0 }]);
}

beforeAll(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe(`${String(COUNT)} subscriptions, one after the other`, () => {
  for (const [title, cycle] of Object.entries(CYCLES)) {
    it(`leave nothing behind: ${title}`, async () => {
      const over = timers();
      const field = ground();
      const { perCycle, isFlat } = await grow(COUNT, (index) => cycle(field, index));
      expect(isFlat, `the heap grows by ${perCycle.toFixed()} bytes a cycle`).toBe(true);
      await expectNothing(field);
      await field.close();
      await over();
    });
  }
});

describe(`${String(AT_ONCE)} subscriptions at once, in virtual time`, () => {
  const all: Readonly<Record<string, (field: Ground) => Subscription[]>> = {
    held: ({ locks, signal, until }) =>
      each((i) => locks.lock$(`free-${String(i)}`, '30s', { signal, until, maxHold: '1h', wait: '1h' }).subscribe()),
    waiting: ({ locks, signal, until }) =>
      each(() => locks.lock$('taken', '30s', { signal, until, wait: '1h' }).subscribe()),
    'waiting for the next attempt': ({ polling, signal, until }) =>
      each(() => polling.lock$('taken', '30s', { signal, until, wait: '1h' }).subscribe()),
  };
  const each = (subscribe: (index: number) => Subscription): Subscription[] =>
    Array.from({ length: AT_ONCE }, (_, index) => subscribe(index));

  for (const [title, subscribe] of Object.entries(all)) {
    it(`leave no timer and no listener behind: ${title}`, async () => {
      const time = new Time();
      const field = ground(time);
      time.turn();
      const before = pending(time);
      const subscriptions = subscribe(field);
      expect(field.until.observed).toBe(true);
      for (const one of subscriptions) one.unsubscribe();
      // Not one of those that they were to last for: what is left ends by itself, and at once.
      time.advance(100);
      expect(pending(time)).toBeLessThanOrEqual(before);
      await expectNothing(field);
      const closed = field.close();
      time.advance(100);
      await closed;
      time.advance(100);
      expect(pending(time)).toBe(0);
    });
  }
});

/** How many timers there are, of which only virtual time can tell. */
function pending(time: Time): number {
  return time.actions.filter((action) => !action.closed).length;
}
