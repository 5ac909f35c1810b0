import type { Owned } from '../../../backends/dflockd/wire/owned.js';

/** A lock that hangs on a connection. */
export class OwnedLock implements Owned {
  isOver = false;
  isLeaving = false;
  /** On `clock.elapsed`. */
  endsAt = 0;
  /** Called if the server says that it is not held any more. */
  refused: (() => void) | undefined;

  /** @param lease What it was granted or renewed for. Seconds. */
  constructor(public lease: number) {}

  /** @param now When the server was last known to hold it. */
  renew(now: number, seconds: number, lease = seconds): void {
    this.lease = lease;
    this.endsAt = now + seconds * 1000;
  }
}
