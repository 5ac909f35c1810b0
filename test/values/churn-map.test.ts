import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChurnMap } from '../../src/values/churn-map.js';

describe('ChurnMap', () => {
  it('holds what a map holds, whatever comes and goes', () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 3000 }), goes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4000, size: 'max' }), (steps) => {
        const map = new ChurnMap<number, string>();
        const model = new Map<number, string>();
        for (const { key, goes } of steps) {
          if (goes) {
            map.delete(key);
            model.delete(key);
          } else {
            map.set(key, String(key));
            model.set(key, String(key));
          }
        }
        expect(map.size).toBe(model.size);
        for (const { key } of steps) if (map.get(key) !== model.get(key)) throw new Error(`key ${String(key)}`);
        expect([...map.keys()].sort()).toEqual([...model.keys()].sort());
        expect([...map.values()].sort()).toEqual([...model.values()].sort());
      }),
      { numRuns: 20 },
    );
  });

  it('forgets thousands of keys that have gone, and keeps the others', () => {
    const map = new ChurnMap<number, number>();
    for (let i = 0; i < 10_000; i++) map.set(i, i);
    for (let i = 0; i < 10_000; i++) if (i % 1000 !== 0) map.delete(i);
    expect(map.size).toBe(10);
    expect([...map.keys()]).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]);
    expect(map.get(1000)).toBe(1000);
    expect(map.get(1001)).toBeUndefined();
  });

  it('takes a key that has gone again, and one that it has twice', () => {
    const map = new ChurnMap<string, number>();
    map.set('a', 1);
    map.set('a', 2);
    map.delete('a');
    map.delete('a');
    expect(map.size).toBe(0);
    map.set('a', 3);
    expect([map.size, map.get('a')]).toEqual([1, 3]);
  });
});
