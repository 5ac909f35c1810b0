import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, type HeapItem } from '../../src/values/heap.js';

class Item implements HeapItem {
  position = -1;
  constructor(public due: number) {}
}

function drain(heap: Heap<Item>): number[] {
  const keys: number[] = [];
  for (let top = heap.peek(); top !== undefined; top = heap.peek()) {
    keys.push(top.due);
    heap.remove(top);
  }
  return keys;
}

describe('Heap', () => {
  it('gives the smallest first', () => {
    const heap = new Heap<Item>();
    for (const due of [5, 1, 4, 1, 3, Infinity, -2]) heap.push(new Item(due));
    expect(heap.size).toBe(7);
    expect(drain(heap)).toEqual([-2, 1, 1, 3, 4, 5, Infinity]);
    expect(heap.size).toBe(0);
    expect(heap.peek()).toBeUndefined();
  });

  it('knows who is outside', () => {
    const heap = new Heap<Item>();
    const [inside, outside] = [new Item(1), new Item(2)];
    heap.push(inside);
    heap.remove(outside);
    heap.update(outside);
    expect(heap.toArray()).toEqual([inside]);
    heap.remove(inside);
    heap.remove(inside);
    expect([inside.position, heap.size]).toEqual([-1, 0]);
  });

  it('takes back what was removed', () => {
    const heap = new Heap<Item>();
    const items = [3, 2, 1].map((due) => new Item(due));
    for (const item of items) heap.push(item);
    heap.remove(items[2]!);
    heap.push(items[2]!);
    expect(drain(heap)).toEqual([1, 2, 3]);
  });

  it('gives a snapshot that is not its own array', () => {
    const heap = new Heap<Item>();
    heap.push(new Item(1));
    heap.toArray().pop();
    expect(heap.size).toBe(1);
  });

  it('keeps its order through whatever is done to it', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('push' as const), due: fc.integer({ min: 0, max: 20 }) }),
      fc.record({ do: fc.constant('update' as const), at: fc.nat(), due: fc.integer({ min: 0, max: 20 }) }),
      fc.record({ do: fc.constant('remove' as const), at: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const heap = new Heap<Item>();
        const model: Item[] = [];
        for (const one of steps) {
          if (one.do === 'push') {
            const item = new Item(one.due);
            heap.push(item);
            model.push(item);
          } else if (model.length > 0) {
            const item = model[one.at % model.length]!;
            if (one.do === 'remove') {
              heap.remove(item);
              model.splice(model.indexOf(item), 1);
            } else {
              item.due = one.due;
              heap.update(item);
            }
          }
          expect(heap.size).toBe(model.length);
          expect(heap.peek()?.due).toBe(model.length === 0 ? undefined : Math.min(...model.map(({ due }) => due)));
          heap.toArray().forEach((item, position) => {
            expect(item.position).toBe(position);
          });
        }
        expect(drain(heap)).toEqual(model.map(({ due }) => due).sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });
});
