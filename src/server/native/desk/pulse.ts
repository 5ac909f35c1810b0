import { Ringer } from '../../ringer.js';
import type { Timeouts } from '../../../values/timeouts.js';

/** How often a session is to say that it is alive: in every third of its smallest ttl. */
export class Pulse {
  /** Of the ttls of all that it has, or smaller. */
  private smallest = Infinity;
  /** How many places have that ttl. 0: it is to be found out anew. */
  private count = 0;
  private readonly ringer: Ringer;

  /**
   * @param ttls Of all that the session has.
   * @param beat Called when it is to be looked at.
   */
  constructor(
    private readonly timeouts: Timeouts,
    private readonly ttls: () => Iterable<number>,
    beat: () => void,
  ) {
    this.ringer = new Ringer(beat);
  }

  /** Milliseconds. Infinity: there is nothing to be kept. */
  get interval(): number {
    if (this.count === 0) this.measure();
    return this.smallest / 3;
  }

  added(ttl: number): void {
    if (ttl === this.smallest) this.count++;
    if (ttl >= this.smallest) return;
    this.smallest = ttl;
    this.count = 1;
    this.within(ttl / 3);
  }

  removed(ttl: number): void {
    if (ttl === this.smallest) this.count--;
  }

  /** Looks at the session so many milliseconds from now, or before that if it is to be anyway. */
  within(ms: number): void {
    const at = this.timeouts.now() + ms;
    if (at !== Infinity && (this.ringer.position < 0 || Math.ceil(at) < this.ringer.due))
      this.timeouts.set(this.ringer, at);
  }

  stop(): void {
    this.timeouts.clear(this.ringer);
  }

  private measure(): void {
    this.smallest = Infinity;
    for (const ttl of this.ttls()) {
      if (ttl < this.smallest) {
        this.smallest = ttl;
        this.count = 1;
      } else if (ttl === this.smallest) this.count++;
    }
  }
}
