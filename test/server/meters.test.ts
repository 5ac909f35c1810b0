import { describe, expect, it } from 'vitest';
import { Buckets, Meters, Reasons } from '../../src/server/meters.js';

describe('Buckets', () => {
  it('puts a value into the first that it is not above', () => {
    const buckets = new Buckets([1, 2]);
    for (const value of [0, 1, 1.5, 2, 3]) buckets.add(value);
    expect(buckets.counts).toEqual([2, 2, 1]);
    expect([buckets.count, buckets.sum]).toEqual([5, 7.5]);
  });
});

describe('Reasons', () => {
  it('counts by reason', () => {
    const tally = new Reasons();
    tally.add('held');
    tally.add('held', 2);
    tally.add('timeout');
    expect([...tally.counts]).toEqual([
      ['held', 3],
      ['timeout', 1],
    ]);
  });
});

describe('Meters', () => {
  it('has one set for each front, and knows which there are', () => {
    const meters = new Meters();
    const front = meters.front('ws');
    front.connected();
    front.connected();
    front.disconnected();
    front.granted();
    front.granted(0.2);
    expect(meters.front('ws')).toBe(front);
    expect([front.connections, front.opened, front.acquired.count]).toEqual([1, 2, 2]);
    expect([...meters.all.keys()]).toEqual(['ws']);
  });
});
