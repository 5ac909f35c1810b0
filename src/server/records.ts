import type { Ask, Place } from '../table/place.js';

/** What a front has to know of a place to go on with it after a start. */
export interface PlaceRecord {
  /** Which front that is. */
  readonly front: string;
  /** Survives `JSON.stringify`. No secret is in it: only its digest. */
  readonly data: unknown;
}

/** A grant of before a start. */
export interface RestoredPlace extends PlaceRecord {
  /** Its `ttl` is the longest that was ever confirmed; its `holder` and `metadata` are as others saw them. */
  readonly ask: Ask;
  /** For `table.restore(place, token)`. */
  readonly token: number;
}

/** Called when something is on disk; with the reason if it cannot be written, and what was to be written is not promised to anybody. */
export type WhenStored = (failure?: Error) => void;

/**
 * What is stored of a server: every grant, the highest fencing token, and notes of the fronts. All that changes in a turn is written as one batch, in
 * the order of the changes, all of it or nothing; what changes while that is written is the next.
 *
 * A front that starts asks for what it had (`restored`, `notes`), and seats it (`table.restore`), in its constructor; then whoever made the fronts
 * calls `begin()`, which seats what nobody claimed; and then clients may come.
 */
export interface Records {
  /** Why nothing can be written at the moment. A front may refuse a new lock by it before it asks the table. */
  readonly failure: Error | undefined;
  /**
   * Calls back, within a turn, when all that has changed so far is on disk: at once, within the call, if it is. A front says a grant only then (by
   * `grantStored`), and any renewal: with a failure it says that it failed, or that it is one by `storedTtl` only.
   *
   * @param place Only as far as this one is concerned: a renewal that is no longer than any before it waits for nothing. It may have ended when `done` is
   * called.
   */
  whenStored(done: WhenStored, place?: Place): void;
  /** By how much a place can be renewed whatever happens to the disk: the longest ttl of it that was stored. Milliseconds. */
  storedTtl(place: Place): number;
  /** What `record()` of a place returns is another now. Nobody waits for it unless by `whenStored`. */
  changed(place: Place): void;
  /** The places of a front that were held before the start. */
  restored(front: string): readonly RestoredPlace[];
  /** What a front noted before the start, by key. */
  notes(front: string): ReadonlyMap<string, unknown>;
  /**
   * Notes something, in the same batch as the grants of now.
   *
   * @param value Survives `JSON.stringify`. No secret is in it.
   */
  put(front: string, key: string, value: unknown): void;
  delete(front: string, key: string): void;
  /**
   * Seats for their full ttl the places that nobody has claimed: nobody holds them, and nobody else gets them. Resolves when clients may come; also if
   * nothing can be written (`failure`).
   */
  begin(): Promise<void>;
  /** Writes what is left, and closes. Nobody is called back after that. */
  close(): Promise<void>;
}
