import { Ringer } from '../../ringer.js';
import type { Timeouts } from '../../../values/timeouts.js';
import type { DflockdPlace } from './dflockd-place.js';
import type { LockDesk } from './lock-desk.js';

/** What a client waits for, and for how long. */
export class Wait {
  private place: DflockdPlace | undefined = undefined;
  private readonly patience = new Ringer(() => {
    this.leave();
    this.lapsed();
  });
  private readonly onGranted = (place: DflockdPlace): void => {
    this.forget();
    this.granted(place);
  };

  /**
   * @param granted Called with the place, which is held.
   * @param lapsed Called when it took too long.
   */
  constructor(
    private readonly timeouts: Timeouts,
    private readonly desk: LockDesk,
    private readonly granted: (place: DflockdPlace) => void,
    private readonly lapsed: () => void,
  ) {}

  get isOn(): boolean {
    return this.place !== undefined;
  }

  /** @param timeout Milliseconds. */
  begin(place: DflockdPlace, timeout: number): void {
    this.place = place;
    place.awaited = this.onGranted;
    this.timeouts.set(this.patience, this.timeouts.now() + timeout);
  }

  /** Gives the place up. */
  leave(): void {
    if (this.place !== undefined) this.desk.leave(this.place);
    this.forget();
  }

  /** Somebody else sees to the place. */
  forget(): void {
    this.place = undefined;
    this.timeouts.clear(this.patience);
  }
}
