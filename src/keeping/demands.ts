import { LockError } from '../contract/errors.js';
import { demanded } from '../values/demanded.js';
import type { Kept } from './kept.js';

/** Until when the service wants to hear nothing of some leases. There are few, so it is no field of each. */
export class Demands {
  private readonly until = new Map<Kept, number>();

  /** On `clock.elapsed`; before any time if nothing is demanded. */
  notBefore(kept: Kept): number {
    return this.until.size === 0 ? -Infinity : (this.until.get(kept) ?? -Infinity);
  }

  /**
   * Heeds what an error demands. Not even a lock that will be lost by it shortens what a service demands.
   *
   * @returns Does it demand anything?
   */
  heed(kept: Kept, error: unknown, now: number): boolean {
    // What errors of other packages call so may be a date, and this would be the end of the lock.
    const pause = error instanceof LockError ? demanded(error) : 0;
    if (pause > 0) this.until.set(kept, Math.max(this.notBefore(kept), Math.ceil(now + pause)));
    return pause > 0;
  }

  forget(kept: Kept): void {
    if (this.until.size > 0) this.until.delete(kept);
  }
}
