/** What a heap holds. The heap owns `position`: -1 while outside. */
export interface HeapItem {
  /** The key: the smallest is on top. After a change, call `update`. */
  readonly due: number;
  position: number;
}

/** How many stand below each. */
const WIDTH = 4;

/**
 * A heap whose items know their place, so that any of them can be removed or moved in O(log n).
 *
 * It is flat, and its keys stand in an array of their own: ten thousand items lie all over the memory, and to look at one takes longer than
 * all else that is done here.
 */
export class Heap<T extends HeapItem> {
  private readonly items: T[] = [];
  private readonly keys: number[] = [];

  get size(): number {
    return this.items.length;
  }

  /** The smallest key. Infinity: it is empty. */
  get due(): number {
    return this.keys[0] ?? Infinity;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  toArray(): T[] {
    return this.items.slice();
  }

  push(item: T): void {
    this.up(item, item.due, this.items.length);
  }

  remove(item: T): void {
    const { position } = item;
    if (position < 0) return;
    item.position = -1;
    const last = this.items.pop();
    this.keys.pop();
    if (last === undefined || last === item) return;
    last.position = position;
    this.update(last);
  }

  /** Restores the order after an item's key has changed. */
  update(item: T): void {
    const { position, due } = item;
    if (position < 0) return;
    if (position > 0 && due < (this.keys[(position - 1) >> 2] as number)) this.up(item, due, position);
    else this.down(item, due, position);
  }

  private up(item: T, key: number, from: number): void {
    const { keys, items } = this;
    let position = from;
    while (position > 0) {
      const above = (position - 1) >> 2;
      const parent = keys[above] as number;
      if (parent <= key) break;
      this.place(items[above] as T, parent, position);
      position = above;
    }
    this.place(item, key, position);
  }

  private down(item: T, key: number, from: number): void {
    const { keys, items } = this;
    let position = from;
    for (;;) {
      const first = WIDTH * position + 1;
      const end = Math.min(first + WIDTH, keys.length);
      let below = position;
      let least = key;
      for (let child = first; child < end; child++) {
        const due = keys[child] as number;
        if (due < least) {
          least = due;
          below = child;
        }
      }
      if (below === position) break;
      this.place(items[below] as T, least, position);
      position = below;
    }
    this.place(item, key, position);
  }

  private place(item: T, key: number, position: number): void {
    this.items[position] = item;
    this.keys[position] = key;
    item.position = position;
  }
}
