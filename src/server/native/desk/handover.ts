import type { EndReason, Place } from '../../../table/place.js';
import type { PlaceRecord } from '../../records.js';
import type { NativePlace, NativeRecord, PlaceKeeper } from './native-place.js';

/** Nobody's place for the moment: it was let go of, and somebody may come for it. It ends when it would have ended then. */
export class Handover implements PlaceKeeper {
  readonly isNobody = true;

  /**
   * @param digest Of the secret, in hexadecimal.
   * @param aliveAt Of the session that let go of it.
   * @param over Called when it has ended.
   */
  constructor(
    readonly place: NativePlace,
    readonly digest: string,
    readonly aliveAt: number,
    private readonly over: (handover: Handover) => void,
  ) {}

  granted(): void {
    // It was before.
  }

  ended(_places: readonly Place[], _reason: EndReason): void {
    this.over(this);
  }

  record(): PlaceRecord {
    const data: NativeRecord = { secret: this.digest, renew: this.place.ask.renew };
    return { front: 'ws', data };
  }
}
