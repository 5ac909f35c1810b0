import type { Desk } from './desk.js';
import { LONG_LIFE } from './scripts/long-life.js';
import { LIFE, LONG_RESERVATION, PERIOD, RESERVATION, STEP } from './verbs.js';

/** The place in the queue that an attempt has, or wants, and when it is to ask again. */
export class QueuePlace {
  /** It has one, as far as is known. */
  isTaken = false;
  /** When it asked the last time that it was told so, on `clock.elapsed`. */
  private takenAt = -Infinity;
  /** It may be its turn, as far as it was told by then, on `clock.elapsed`. */
  private turnAt = -Infinity;
  /** When it is to look, as who is before it may not come. */
  private soon = Infinity;
  private told = '';

  constructor(private readonly desk: Desk) {}

  /** Which place it wants, as a script takes it: one at the front if it may have been its turn. */
  get wanted(): string {
    return this.isTaken && this.isTurn ? '2' : '1';
  }

  /** For how long it is to be reserved for it: until it is told, and comes. */
  get patience(): string {
    const long = Math.ceil(2 * this.desk.calls.roundTrip);
    return String(Math.min(Math.max(long, RESERVATION), LONG_RESERVATION));
  }

  /** May it still be there, although nothing was heard of it since? */
  get isKept(): boolean {
    return this.isTaken && this.desk.clock.elapsed() - this.takenAt < LONG_LIFE;
  }

  /** It has one. */
  taken(at: number): void {
    this.isTaken = true;
    this.takenAt = at;
  }

  /** It may be its turn. */
  called(at: number): void {
    this.turnAt = at;
  }

  /** @returns When to look whether who is before it has come, on the clock of the timeouts. */
  behind(): number {
    return (this.soon = this.desk.timeouts.now() + RESERVATION + 1);
  }

  /** When it asks again by itself: at the same moments as all others, so that they all are one call. */
  next(position: number, left: number): number {
    const now = this.desk.timeouts.now();
    const inTime = Math.ceil((now + PERIOD) / STEP) * STEP;
    const ended = position === 0 && left > 0 ? now + left + 1 : Infinity;
    return Math.min(inTime, ended, this.soon > now ? this.soon : Infinity);
  }

  /** When it asks again where the server could not answer: as soon as all others that it told so. */
  again(): number {
    // Its turn does not pass meanwhile.
    if (this.isTurn) this.turnAt = this.desk.clock.elapsed();
    return Math.floor(this.desk.timeouts.now() / STEP + 1) * STEP;
  }

  /** It was told that it cannot be asked now: whatever it hears next is news. */
  forget(): void {
    this.told = '';
  }

  /** Is it another one than was told last, or behind another holder? */
  isNews(position: number, holder: string | undefined): boolean {
    const told = `${String(position)} ${String(holder)}`;
    if (told === this.told) return false;
    this.told = told;
    return true;
  }

  private get isTurn(): boolean {
    return this.desk.clock.elapsed() - this.turnAt < LIFE;
  }
}
