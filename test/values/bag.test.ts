import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bag, type BagItem } from '../../src/values/bag.js';

class Item implements BagItem {
  spot = -1;
}

describe('Bag', () => {
  it('holds what a set holds, whatever comes and goes', () => {
    const step = fc.record({ which: fc.nat({ max: 30 }), goes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const items = Array.from({ length: 31 }, () => new Item());
        const bag = new Bag<Item>();
        const model = new Set<Item>();
        for (const { which, goes } of steps) {
          const item = items[which]!;
          if (goes) expect(bag.delete(item)).toBe(model.delete(item));
          else {
            bag.add(item);
            model.add(item);
          }
          expect(bag.size).toBe(model.size);
        }
        expect(new Set(bag.toArray())).toEqual(model);
        expect(items.filter((item) => item.spot >= 0).length).toBe(model.size);
      }),
    );
  });

  it('gives those that are in it now, whatever comes and goes after that', () => {
    const bag = new Bag<Item>();
    const [first, second] = [new Item(), new Item()];
    bag.add(first);
    bag.add(second);
    const all = bag.toArray();
    bag.delete(first);
    expect(all).toEqual([first, second]);
    expect(bag.toArray()).toEqual([second]);
  });
});
