/** What a heap holds. The heap owns `position`: -1 while outside. */
export interface HeapItem {
  /** The key: the smallest is on top. After a change, call `update`. */
  due: number;
  position: number;
}

/** A binary heap whose items know their place, so that any of them can be removed or moved in O(log n). */
export class Heap<T extends HeapItem> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  toArray(): T[] {
    return this.items.slice();
  }

  push(item: T): void {
    this.items.push(item);
    this.up(item, this.items.length - 1);
  }

  remove(item: T): void {
    const { position } = item;
    if (position < 0) return;
    item.position = -1;
    const last = this.items.pop();
    if (last === undefined || last === item) return;
    this.place(last, position);
    this.update(last);
  }

  /** Restores the order after an item's key has changed. */
  update(item: T): void {
    if (item.position < 0) return;
    this.up(item, item.position);
    this.down(item, item.position);
  }

  private up(item: T, from: number): void {
    let position = from;
    while (position > 0) {
      const above = (position - 1) >> 1;
      const parent = this.items[above] as T;
      if (parent.due <= item.due) break;
      this.place(parent, position);
      position = above;
    }
    this.place(item, position);
  }

  private down(item: T, from: number): void {
    let position = from;
    for (;;) {
      let below = 2 * position + 1;
      let child = this.items[below];
      if (child === undefined) break;
      const right = this.items[below + 1];
      if (right !== undefined && right.due < child.due) {
        child = right;
        below++;
      }
      if (item.due <= child.due) break;
      this.place(child, position);
      position = below;
    }
    this.place(item, position);
  }

  private place(item: T, position: number): void {
    this.items[position] = item;
    item.position = position;
  }
}
