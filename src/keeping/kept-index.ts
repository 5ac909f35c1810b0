import { ChurnMap } from '../values/churn-map.js';
import type { Kept } from './kept.js';

const NONE: ReadonlySet<Kept> = new Set();

/** Finds what is kept by something that it has. */
export class KeptIndex<K> {
  private readonly found = new ChurnMap<K, Set<Kept>>();

  /**
   * @param keyOf Undefined for what is not to be found.
   * @param all Everything that is kept now.
   */
  constructor(
    private readonly keyOf: (kept: Kept) => K | undefined,
    all: readonly Kept[],
  ) {
    for (const kept of all) this.add(kept);
  }

  get(key: K): ReadonlySet<Kept> {
    return this.found.get(key) ?? NONE;
  }

  add(kept: Kept): void {
    const key = this.keyOf(kept);
    if (key === undefined) return;
    const known = this.found.get(key);
    if (known === undefined) this.found.set(key, new Set([kept]));
    else known.add(kept);
  }

  delete(kept: Kept): void {
    const key = this.keyOf(kept);
    if (key === undefined) return;
    const known = this.found.get(key);
    known?.delete(kept);
    if (known?.size === 0) this.found.delete(key);
  }
}
