import type { LockError } from '../contract/errors.js';
import type { Core } from '../core/core.js';

/** How long a service must be out of reach before anybody is warned: a restart is no news. Milliseconds. */
export const GRACE = 1000;

/** The time in which one wait finds the service out of reach. Whoever waits and sees nothing of that is warned of it. */
export class Outage {
  /** On `clock.elapsed`. */
  private readonly since: number;
  private isTold = false;

  constructor(private readonly core: Core) {
    this.since = core.runtime.clock.elapsed();
  }

  /**
   * An attempt has failed.
   *
   * @param name As the user wrote it.
   * @param retryIn Milliseconds until the next.
   */
  goesOn(name: string, cause: LockError, retryIn: number): void {
    const { core } = this;
    // Whoever listens to `events$` is told of each attempt there.
    if (this.isTold || core.events.observed || core.runtime.clock.elapsed() + retryIn - this.since < GRACE) return;
    this.isTold = core.warnOfOutage(`the lock '${name}'`, cause, "; the option 'wait' sets a limit");
  }

  /** The service has answered: another outage is told of again, whoever was told of this one, and may have left. */
  over(): void {
    this.core.outageIsOver();
  }
}
