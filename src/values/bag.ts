/** What a bag holds. The bag owns `spot`: -1 while outside. */
export interface BagItem {
  spot: number;
}

/**
 * Things that come and go all the time, in no order. V8's own `Set` hangs on to what comes and goes, as its `Map` does: see
 * `ChurnMap`.
 */
export class Bag<T extends BagItem> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  /** Those that are in it now. */
  toArray(): T[] {
    return this.items.slice();
  }

  add(item: T): void {
    if (item.spot < 0) item.spot = this.items.push(item) - 1;
  }

  /** @returns Was it there? */
  delete(item: T): boolean {
    const { spot } = item;
    if (spot < 0) return false;
    item.spot = -1;
    const last = this.items.pop() as T;
    if (last !== item) {
      this.items[spot] = last;
      last.spot = spot;
    }
    return true;
  }
}
