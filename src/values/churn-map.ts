/** So many keys without a value are kept, and as many as there are keys with one: dropping them is copying the rest. */
const SPARE = 1024;

/**
 * A map for keys that come and go all the time, in no order.
 *
 * V8's own keeps what was deleted in its chains until it makes a new table, so that a key which comes and goes beside
 * thousands is looked for among all its former selves. And the old table hangs on to the new one: once a full garbage
 * collection has made one old, it keeps all later ones alive, and all that was ever in them. Here a key that goes leaves
 * its place for its return; what is left of many such moves to a new map.
 */
export class ChurnMap<K, V> {
  private entries = new Map<K, V | undefined>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(key: K): V | undefined {
    return this.entries.get(key);
  }

  set(key: K, value: V): void {
    if (!this.add(key, value)) this.entries.set(key, value);
  }

  /** Sets it, unless there is a value. @returns Was there none? */
  add(key: K, value: V): boolean {
    if (this.entries.get(key) !== undefined) return false;
    this.entries.set(key, value);
    this.count++;
    return true;
  }

  delete(key: K): void {
    if (this.entries.get(key) === undefined) return;
    this.entries.set(key, undefined);
    this.count--;
    if (this.entries.size > 2 * this.count + SPARE) this.renew();
  }

  *values(): Generator<V> {
    for (const value of this.entries.values()) if (value !== undefined) yield value;
  }

  *keys(): Generator<K> {
    for (const [key, value] of this.entries) if (value !== undefined) yield key;
  }

  private renew(): void {
    const { entries } = this;
    this.entries = new Map();
    for (const [key, value] of entries) if (value !== undefined) this.entries.set(key, value);
  }
}
