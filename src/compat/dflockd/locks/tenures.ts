import { LockError } from '../document/errors.js';
import type { Tenure } from './tenure.js';

/** What one object has, one after the other: at most one is held or asked for, while the one before may still be on its way back. */
export class Tenures {
  private now: Tenure | undefined;
  private former: Tenure | undefined;
  private released: Promise<void> | undefined;

  /** @param make Makes another, by what its object is set to now. */
  constructor(private readonly make: (ended: (tenure: Tenure) => void) => Tenure) {}

  /** What there is. Asks the clock: between a loss and the next look at that nothing is held. */
  get current(): Tenure | undefined {
    const { now } = this;
    return now?.held === undefined ? this.now : now;
  }

  /**
   * Begins another.
   *
   * @param force Gives up what there is.
   * @returns What resolves to it, once what was held before is given back.
   * @throws LockError if there is something, or if its object is set to what cannot be.
   */
  begin(force: boolean): Promise<Tenure> {
    const tenure = this.make((ended) => {
      if (this.now === ended) this.now = undefined;
    });
    this.giveWay(force);
    this.now = tenure;
    return (this.released ?? Promise.resolve()).then(
      () => tenure,
      () => tenure,
    );
  }

  /**
   * Gives it back, or leaves its queue.
   *
   * @param token What it is held by, if its program says otherwise.
   * @throws LockError if the server says that it was not held any more.
   */
  async release(token?: string): Promise<void> {
    const { current } = this;
    if (current === undefined) return;
    this.former = current;
    const released = current.release(token);
    this.released = released;
    try {
      await released;
    } finally {
      if (this.released === released) this.released = undefined;
    }
  }

  /** Closes its connection, and that of the one before. */
  close(): void {
    this.former?.close();
    this.now?.close();
  }

  private giveWay(force: boolean): void {
    const { current } = this;
    if (current?.held === undefined && current?.isBroken === true) current.close();
    if (this.now === undefined) return;
    const { key } = this.now;
    if (!force) throw new LockError(`'${key}' is held, queued or being acquired by this object already`, { name: key });
    // What it had may be lost already.
    this.release().catch(() => undefined);
  }
}
