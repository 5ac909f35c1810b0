import { describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../src/backends/dflockd/wire/connection.js';
import type { Owned } from '../../../../src/backends/dflockd/wire/owned.js';
import { ChannelHoldings } from '../../../../src/compat/dflockd/channel/channel-holdings.js';
import { Bag } from '../../../../src/values/bag.js';

/** What holdings need of a connection. */
function connection(): Connection {
  const owned = new Bag<Owned>();
  const some = {
    owned,
    own: (one: Owned) => {
      owned.add(one);
    },
    disown: (one: Owned) => owned.delete(one),
    bound: { sentAt: 0, ttl: 23_000 },
  };
  return some as unknown as Connection;
}

const wanted = { kind: '', key: 'k', lease: 20 } as const;
const granted = { token: 'tok', lease: 20, sure: 20, renewal: 20 };

function holdings(): ChannelHoldings {
  return new ChannelHoldings({ elapsed: () => 1000, date: () => 0, monotonic: () => 0 });
}

describe('ChannelHoldings', () => {
  it('believes in no more than was asked for', () => {
    const all = holdings();
    all.take(wanted, { ...granted, lease: 9_999_999_999, sure: 9_999_999_999 }, connection(), 100);
    expect(all.find('tok')?.bound).toEqual({ sentAt: 100, ttl: 20_000 });
    all.confirm(wanted, 'tok', 9_999_999_999, 200);
    expect(all.find('tok')?.bound).toEqual({ sentAt: 200, ttl: 20_000 });
    expect(all.renewalOf('tok')).toBe(20);
  });

  it('hangs on its connection what was taken for run out, and is confirmed', () => {
    const all = holdings();
    const owner = connection();
    all.take(wanted, granted, owner, 100);
    for (const one of owner.owned.toArray()) {
      one.isOver = true;
      owner.owned.delete(one);
    }
    expect(all.isHeld('tok')).toBe(false);
    all.confirm({ ...wanted, lease: 60 }, 'tok', 60, 200);
    expect([all.isHeld('tok'), all.renewalOf('tok'), owner.owned.size]).toEqual([true, 60, 1]);
  });

  it('tells of what is refused once, and of all when the connection is gone', () => {
    const all = holdings();
    const owner = connection();
    const told: string[] = [];
    all.revoked$.subscribe(({ grants, reason }) => told.push(...grants.map(({ name }) => `${name} ${reason}`)));
    for (const key of ['a', 'b', 'c']) all.take({ ...wanted, key }, { ...granted, token: key }, owner, 100);
    all.refuse('a');
    all.refuse('a');
    all.drop('b');
    all.closed(owner, new Error('gone') as never);
    expect(told).toEqual(['a refused', 'c connection']);
  });

  it('looks through thousands of them a few times, not once for each', () => {
    const all = holdings();
    const owner = connection();
    const looks = vi.spyOn(Map.prototype, Symbol.iterator);
    for (let i = 0; i < 8000; i++) all.take(wanted, { ...granted, token: String(i) }, owner, 100);
    const { length } = looks.mock.calls;
    looks.mockRestore();
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(10);
    expect(all.isHeld('0')).toBe(true);
  });
});
