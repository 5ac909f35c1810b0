import type { HeldSum } from '../../../native/held-sum.js';

/** So much is dropped at once from the front of what is remembered. */
const MANY = 1024;

/** A loss that the client has perhaps not heard of. */
interface Loss {
  readonly news: number;
  /** In which news the client was told that it holds this. */
  readonly grantedIn: number;
}

/**
 * What a session was told of its locks, one news after the other, and may not have heard: so that the server knows what the client must believe when it
 * says which was the last that it heard, however much crosses on the way.
 */
export class Unheard {
  /** The number of the last news. */
  last = 0;
  private heard = 0;
  /** The ids of what was told, in order: from `heard + 1` on, at `start`. 0: a loss. */
  private granted: number[] = [];
  private start = 0;
  /** In order of their news. */
  private readonly losses = new Map<number, Loss>();

  /** The last news that the client has heard. */
  get heardTo(): number {
    return this.heard;
  }

  /** How many news there are that it may not have heard. */
  get size(): number {
    return this.last - this.heard;
  }

  /** @returns The number of this news. */
  grant(id: number): number {
    this.granted.push(id);
    return ++this.last;
  }

  /** @returns The number of this news. */
  lose(id: number, grantedIn: number): number {
    this.granted.push(0);
    this.losses.set(id, { news: ++this.last, grantedIn });
    return this.last;
  }

  /** The client has heard all up to this one. */
  hear(news: number): void {
    const count = Math.min(news, this.last) - this.heard;
    if (count <= 0) return;
    this.heard += count;
    this.start += count;
    if (this.start === this.granted.length) {
      this.granted.length = 0;
      this.start = 0;
    } else if (this.start > MANY && 2 * this.start > this.granted.length) {
      this.granted = this.granted.slice(this.start);
      this.start = 0;
    }
    for (const [id, loss] of this.losses) {
      if (loss.news > this.heard) break;
      this.losses.delete(id);
    }
  }

  /** The client gave it back, and did not know that it was lost. */
  forget(id: number): void {
    this.losses.delete(id);
  }

  /** Was the client told that it lost this, and has not heard it? */
  hasLost(id: number): boolean {
    return this.losses.has(id);
  }

  /** Goes on after these news of the session, which were told before a start. */
  startAfter(news: number): void {
    this.hear(this.last);
    if (news > this.last) this.last = this.heard = news;
  }

  /**
   * What the client must believe, if it has heard nothing after what it said: what it was told that it holds, without what it has not heard of, and with
   * what it does not know to be lost.
   *
   * @param held What it was told that it holds, and has not given back.
   * @param newsOf In which news that was; `undefined` if it is not held.
   * @param sum Where to put it: empty.
   */
  believed(held: HeldSum, newsOf: (id: number) => number | undefined, sum: HeldSum): HeldSum {
    sum.count = held.count;
    sum.hash = held.hash;
    for (let index = this.start; index < this.granted.length; index++) {
      const id = this.granted[index] as number;
      if (id !== 0 && newsOf(id) === this.heard + 1 + index - this.start) sum.remove(id);
    }
    for (const [id, { grantedIn }] of this.losses) if (grantedIn <= this.heard) sum.add(id);
    return sum;
  }
}
