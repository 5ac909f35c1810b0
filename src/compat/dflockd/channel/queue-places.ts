import type { Wanted } from './wanted.js';

/** A place in a queue. */
interface Place {
  /** When it was asked for, on `clock.elapsed`. */
  readonly sentAt: number;
  /** What it was asked for with. Seconds. */
  readonly lease: number | undefined;
}

/** The places in queues that were taken on one connection. */
export class QueuePlaces {
  private readonly places = new Map<string, Place>();

  get size(): number {
    return this.places.size;
  }

  add(wanted: Wanted, sentAt: number): void {
    this.places.set(nameOf(wanted), { sentAt, lease: wanted.lease });
  }

  /** What is known of a place; undefined if it was not asked for here. */
  find(wanted: Wanted): Place | undefined {
    return this.places.get(nameOf(wanted));
  }

  delete(wanted: Wanted): void {
    this.places.delete(nameOf(wanted));
  }
}

/** No key has a space. */
function nameOf({ kind, key }: Wanted): string {
  return `${kind} ${key}`;
}
