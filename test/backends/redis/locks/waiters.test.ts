import { describe, expect, it, vi } from 'vitest';
import type { Desk } from '../../../../src/backends/redis/locks/desk.js';
import { Doubts } from '../../../../src/backends/redis/locks/doubts.js';
import { KeyNames } from '../../../../src/backends/redis/locks/key-names.js';
import { QueuePlace } from '../../../../src/backends/redis/locks/queue-place.js';
import { LONG_RESERVATION, PERIOD, RESERVATION } from '../../../../src/backends/redis/locks/verbs.js';
import { Waiters, type Waiter } from '../../../../src/backends/redis/locks/waiters.js';

/** What nothing is asked of, at a time that stands still. */
function desk(roundTrip = 1): Desk {
  const part = {
    clock: { elapsed: () => 10_000, date: () => 0 },
    timeouts: { now: () => 10_000, set: vi.fn(), clear: vi.fn() },
    calls: { roundTrip, limit: () => Promise.resolve() },
    outbox: { add: vi.fn() },
    verbs: {},
    keys: new KeyNames('', undefined),
    timeout: 1000,
  };
  return part as unknown as Desk;
}

function waiter(owner: string): Waiter {
  return { owner, called: vi.fn(), look: vi.fn(), lookSoon: vi.fn() };
}

describe('those who wait', () => {
  it('are told apart: whose turn it is, who is next but one, and all if messages were missed', () => {
    const waiters = new Waiters(desk(), 'c:');
    const [one, two] = [waiter('1'), waiter('2')];
    waiters.add('key', one);
    waiters.add('key', two);
    waiters.message('1');
    waiters.message('~2');
    for (const text of ['3', '~3', '=', '']) waiters.message(text);
    expect(
      [one, two].map((each) =>
        [each.called, each.lookSoon, each.look].map((mock) => vi.mocked(mock).mock.calls.length),
      ),
    ).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    waiters.missed();
    for (const { look } of [one, two]) expect(look).toHaveBeenCalledOnce();
  });
});

describe('a place in the queue', () => {
  it('is looked after once a second, and sooner behind somebody who may not come', () => {
    const place = new QueuePlace(desk());
    expect(place.next(1, 0)).toBe(10_000 + PERIOD);
    expect(place.next(0, 50)).toBe(10_051);
    expect(place.behind()).toBe(10_000 + RESERVATION + 1);
    expect(place.next(1, 0)).toBe(10_000 + RESERVATION + 1);
  });

  it('is reserved for as long as its client needs to come', () => {
    expect([1, 500, 5000].map((roundTrip) => new QueuePlace(desk(roundTrip)).patience)).toEqual(
      [RESERVATION, 1000, LONG_RESERVATION].map(String),
    );
  });
});

describe('what may be ours without our knowing it', () => {
  it('is not given back any more after the close', async () => {
    const here = desk();
    const doubts = new Doubts(here);
    await doubts.close();
    doubts.add('name', { owner: 'owner', need: 'x' }, 1000, true);
    expect(here.outbox.add).not.toHaveBeenCalled();
    expect(here.timeouts.set).not.toHaveBeenCalled();
  });
});
