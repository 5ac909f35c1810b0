/** So many ttls that nothing has any more are kept at most. */
const SPARE = 64;

/** The ttls of what there is, of which the smallest counts. */
export class Ttls {
  /** Milliseconds; Infinity: there is nothing. */
  smallest = Infinity;
  size = 0;
  private readonly counts = new Map<number, number>();

  add(ttl: number): void {
    this.size++;
    this.counts.set(ttl, (this.counts.get(ttl) ?? 0) + 1);
    if (ttl < this.smallest) this.smallest = ttl;
  }

  remove(ttl: number): void {
    this.size--;
    const count = (this.counts.get(ttl) ?? 1) - 1;
    this.counts.set(ttl, count);
    if (count > 0 || ttl > this.smallest) return;
    this.smallest = Infinity;
    const isFull = this.counts.size > SPARE;
    for (const [other, left] of this.counts) {
      if (left > 0) this.smallest = Math.min(this.smallest, other);
      else if (isFull) this.counts.delete(other);
    }
  }
}
