import { commonTime } from './common-time.js';

/** What the service has confirmed of one grant: the bound that ends first. `sentAt` is in common time. */
export interface Confirmed {
  readonly sentAt: number;
  /** Milliseconds. */
  readonly ttl: number;
}

/** Where both threads find the table. */
export interface TableHandle {
  readonly head: SharedArrayBuffer;
  /** In common time. */
  readonly epoch: number;
}

const WORD = 8;
/** Places of a page. */
const PLACES = 512;
/** A page holds so many words. */
const PAGE = 2 * PLACES;
/** Of the bits of a word, those of the ttl: 37 hours. The other 36 are 2 years of milliseconds. */
const TTL_BITS = 27n;
const LONGEST = 2 ** 27 - 1;
const LATEST = 2 ** 36 - 1;
const NOTHING = 0n;
const OVER = -1n;

/**
 * What both threads read and write at any moment. The layout, in words of 64 bits, each read and written as a whole:
 *
 * ```text
 * head      [0]       when the main thread last turned: milliseconds since the epoch   (main)
 * page      [2 × n]   which grant has place n: its id, 0 for none                      (worker)
 *           [2 × n+1] what was confirmed of it: 0 nothing, −1 it is over,              (worker)
 *                     else sentAt × 2^27 + ttl, both whole milliseconds, sentAt since the epoch
 * ```
 *
 * One thread writes each word. A place goes from one grant to the next by way of 0, and no id comes twice: who reads the
 * id before and after what was confirmed knows whose it is.
 */
export class SharedTable {
  private readonly head: BigInt64Array;
  private readonly pages: BigInt64Array[] = [];

  constructor(private readonly handle: TableHandle) {
    this.head = new BigInt64Array(handle.head);
  }

  static handle(): TableHandle {
    return { head: new SharedArrayBuffer(WORD), epoch: Math.floor(commonTime()) };
  }

  /** How many places there are. */
  get size(): number {
    return this.pages.length * PLACES;
  }

  /** The next page, made by the worker for both. */
  addPage(page = new SharedArrayBuffer(WORD * PAGE)): SharedArrayBuffer {
    this.pages.push(new BigInt64Array(page));
    return page;
  }

  // ------------------------------------------------------------------------------------------ main writes

  /** The main thread turns. */
  beat(): void {
    Atomics.store(this.head, 0, BigInt(Math.floor(commonTime() - this.handle.epoch)));
  }

  /** When the main thread last turned, in common time. */
  get beatAt(): number {
    return Number(Atomics.load(this.head, 0)) + this.handle.epoch;
  }

  // ---------------------------------------------------------------------------------------- worker writes

  /** Gives a place to a grant; to none, if the id is 0. */
  assign(place: number, id: number): void {
    const [page, index] = this.find(place);
    Atomics.store(page, index + 1, NOTHING);
    Atomics.store(page, index, BigInt(id));
  }

  confirm(place: number, { sentAt, ttl }: Confirmed): void {
    const [page, index] = this.find(place);
    // Whatever does not fit makes it end earlier.
    const since = Math.min(Math.max(0, Math.floor(sentAt - this.handle.epoch)), LATEST);
    const whole = sentAt < this.handle.epoch ? 1 : Math.min(Math.max(1, Math.floor(ttl)), LONGEST);
    Atomics.store(page, index + 1, (BigInt(since) << TTL_BITS) | BigInt(whole));
  }

  end(place: number): void {
    const [page, index] = this.find(place);
    Atomics.store(page, index + 1, OVER);
  }

  // --------------------------------------------------------------------------------------------- main reads

  /** What was confirmed of a grant; `undefined` if nothing was. A place that is another's by now: it is over. */
  read(place: number, id: number): Confirmed | 'over' | undefined {
    const [page, index] = this.find(place);
    const own = BigInt(id);
    if (Atomics.load(page, index) !== own) return 'over';
    const word = Atomics.load(page, index + 1);
    if (Atomics.load(page, index) !== own || word === OVER) return 'over';
    if (word === NOTHING) return undefined;
    return {
      sentAt: Number(word >> TTL_BITS) + this.handle.epoch,
      ttl: Number(word & BigInt(LONGEST)),
    };
  }

  private find(place: number): readonly [page: BigInt64Array, index: number] {
    return [this.pages[Math.floor(place / PLACES)] as BigInt64Array, 2 * (place % PLACES)];
  }
}
