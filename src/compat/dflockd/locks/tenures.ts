import { LockError } from '../document/errors.js';
import type { Wanted } from '../channel/wanted.js';
import type { Settings } from './settings.js';
import { Tenure } from './tenure.js';

/** What one object has, one after the other: at most one is held or asked for, while the one before may still be on its way back. */
export class Tenures {
  private now: Tenure | undefined;
  private former: Tenure | undefined;
  private released: Promise<void> | undefined;

  /** @param lost Called once for each that is lost while it is held. */
  constructor(
    private readonly settings: Settings,
    private readonly wanted: Wanted,
    private readonly lost: (token: string) => void,
  ) {}

  get current(): Tenure | undefined {
    return this.now;
  }

  /**
   * Begins another.
   *
   * @param force Gives up what there is.
   * @returns What resolves to it, once what was held before is given back.
   * @throws LockError if there is something.
   */
  begin(force: boolean): Promise<Tenure> {
    this.giveWay(force);
    const tenure = new Tenure(this.settings, this.wanted, this.lost, (ended) => {
      if (this.now === ended) this.now = undefined;
    });
    this.now = tenure;
    return (this.released ?? Promise.resolve()).then(
      () => tenure,
      () => tenure,
    );
  }

  /**
   * Gives it back. Of one that is being given back already it is told how that ends.
   *
   * @throws LockError if the server says that it was not held any more.
   */
  async release(): Promise<void> {
    if (this.now !== undefined) {
      this.former = this.now;
      this.released = this.now.release();
    }
    const { released } = this;
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
    const { now } = this;
    // Between a loss and the next look at the clock nothing is held.
    if (now?.held === undefined && now?.isBroken === true) now.close();
    if (this.now === undefined) return;
    const { key } = this.wanted;
    if (!force) throw new LockError(`'${key}' is held, queued or being acquired by this object already`, { name: key });
    // What it had may be lost already.
    this.release().catch(() => undefined);
  }
}
