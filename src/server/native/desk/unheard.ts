import { HeldSum } from '../../../native/held-sum.js';

/** So much is dropped at once from the front of what is remembered. */
const MANY = 1024;
/** Who claims to have heard more does not count right, and numbers after that could not be counted. */
const MAX_NEWS = 2 ** 52;

/** A loss that the client has perhaps not heard of. */
interface Loss {
  readonly news: number;
  /** In which news the client was told that it holds this. */
  readonly grantedIn: number;
}

/**
 * What a session was told of its locks, one news after the other, and may not have heard: so that the server knows what the client must believe when it
 * says which was the last that it heard, however much crosses on the way. That is reckoned as things come and go: it costs the same however much is unheard.
 */
export class Unheard {
  /** The number of the last news. */
  last = 0;
  private heard = 0;
  /** The ids of what was told, in order: from `heard + 1` on, at `start`. 0: a loss. Below: a grant of what is not held any more, or was told again. */
  private granted: number[] = [];
  private start = 0;
  /** In order of their news. */
  private readonly losses = new Map<number, Loss>();
  /** Grants that are held, and that the client has not heard of. */
  private readonly unknown = new HeldSum();
  /** What is lost, and the client believes in. */
  private readonly mistaken = new HeldSum();

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
    this.unknown.add(id);
    return ++this.last;
  }

  /** What was told in this news is not held any more, or is told again. @param news 0: it was not told. */
  withdraw(id: number, news: number): void {
    const index = this.start + news - this.heard - 1;
    if (news <= this.heard || this.granted[index] !== id) return;
    this.granted[index] = -id;
    this.unknown.remove(id);
  }

  /** @returns The number of this news. */
  lose(id: number, grantedIn: number): number {
    this.forget(id);
    this.granted.push(0);
    this.losses.set(id, { news: ++this.last, grantedIn });
    if (grantedIn <= this.heard) this.mistaken.add(id);
    return this.last;
  }

  /** The client has heard all up to this one. */
  hear(news: number): void {
    for (const end = Math.min(news, this.last); this.heard < end; this.start++) this.hearNext();
    if (this.start === this.granted.length) {
      this.granted.length = 0;
      this.start = 0;
    } else if (this.start > MANY && 2 * this.start > this.granted.length) {
      this.granted = this.granted.slice(this.start);
      this.start = 0;
    }
    for (const [id, loss] of this.losses) {
      if (loss.news > this.heard) break;
      this.forget(id);
    }
  }

  /** The client gave it back, and did not know that it was lost. */
  forget(id: number): void {
    const loss = this.losses.get(id);
    if (loss === undefined) return;
    this.losses.delete(id);
    if (loss.grantedIn <= this.heard) this.mistaken.remove(id);
  }

  /** Was the client told that it lost this, and has not heard it? */
  hasLost(id: number): boolean {
    return this.losses.has(id);
  }

  /** Goes on after these news of the session, which were told before a start. */
  startAfter(news: number): void {
    this.hear(this.last);
    if (news > this.last && news <= MAX_NEWS) this.last = this.heard = news;
  }

  /**
   * What the client must believe, if it has heard nothing after what it said: what it was told that it holds, without what it has not heard of, and with
   * what it does not know to be lost.
   *
   * @param held What it was told that it holds, and has not given back.
   * @param sum Where to put it.
   */
  believed(held: HeldSum, sum: HeldSum): HeldSum {
    sum.count = held.count - this.unknown.count + this.mistaken.count;
    sum.hash = (held.hash - this.unknown.hash + this.mistaken.hash) >>> 0;
    return sum;
  }

  private hearNext(): void {
    const id = this.granted[this.start] as number;
    this.heard++;
    if (id > 0) this.unknown.remove(id);
    // It was granted in what is heard now, and its loss is not heard yet, or in the same moment.
    else if (id < 0 && this.losses.get(-id)?.grantedIn === this.heard) this.mistaken.add(-id);
  }
}
