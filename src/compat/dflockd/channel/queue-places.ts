import type { Wanted } from './wanted.js';

/** The places in queues that were taken on one connection. */
export class QueuePlaces {
  /** When each was asked for, on `clock.elapsed`. */
  private readonly askedAt = new Map<string, number>();

  get size(): number {
    return this.askedAt.size;
  }

  add(wanted: Wanted, sentAt: number): void {
    this.askedAt.set(nameOf(wanted), sentAt);
  }

  /** When a place was asked for; undefined if it was not. */
  since(wanted: Wanted): number | undefined {
    return this.askedAt.get(nameOf(wanted));
  }

  delete(wanted: Wanted): void {
    this.askedAt.delete(nameOf(wanted));
  }
}

/** No key has a space. */
function nameOf({ kind, key }: Wanted): string {
  return `${kind} ${key}`;
}
