import type { Owned } from '../../backends/dflockd/connection.js';

/** A lock that hangs on a connection. */
export class Held implements Owned {
  isOver = false;
  /** On `clock.elapsed`. */
  endsAt = 0;

  /** @param lease Seconds. */
  constructor(public lease: number) {}

  /** @param now When the server was last known to hold it. */
  extend(now: number, seconds: number): void {
    this.endsAt = now + seconds * 1000;
  }
}
