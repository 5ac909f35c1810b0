import type { Kept } from './kept.js';

const NONE: ReadonlySet<Kept> = new Set();

/**
 * Finds what is kept by something that it has. Made when it is first asked, and forgotten when nothing is kept: what nobody
 * looks for costs nothing.
 */
export class KeptIndex<K> {
  private found: Map<K, Set<Kept>> | undefined;

  /**
   * @param keyOf Undefined for what is not to be found.
   * @param all Everything that is kept.
   */
  constructor(
    private readonly keyOf: (kept: Kept) => K | undefined,
    private readonly all: () => readonly Kept[],
  ) {}

  get isMade(): boolean {
    return this.found !== undefined;
  }

  get(key: K): ReadonlySet<Kept> {
    if (this.found === undefined) {
      this.found = new Map();
      for (const kept of this.all()) this.add(kept);
    }
    return this.found.get(key) ?? NONE;
  }

  add(kept: Kept): void {
    const key = this.found === undefined ? undefined : this.keyOf(kept);
    if (key === undefined) return;
    const known = this.found?.get(key);
    if (known === undefined) this.found?.set(key, new Set([kept]));
    else known.add(kept);
  }

  delete(kept: Kept): void {
    const key = this.found === undefined ? undefined : this.keyOf(kept);
    if (key === undefined) return;
    const known = this.found?.get(key);
    known?.delete(kept);
    if (known?.size === 0) this.found?.delete(key);
  }

  forget(): void {
    this.found = undefined;
  }
}
