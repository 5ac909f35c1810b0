import type { FrontLog } from '../../front-log.js';
import type { FrontMeters } from '../../meters.js';
import type { ServerCore } from '../../server-core.js';
import { UNSTORED_GRANT, type NativePlace } from './native-place.js';
import type { NativeSession } from './native-session.js';
import type { Teller } from './teller.js';

/** What is granted: told as soon as it is stored, and not before. */
export class StoredGrants {
  /** @param noted Called with a session that is granted something that is to outlive a start. */
  constructor(
    private readonly core: Pick<ServerCore, 'now' | 'records' | 'table'>,
    private readonly teller: Teller,
    private readonly meters: FrontMeters,
    private readonly log: FrontLog,
    private readonly noted: (session: NativeSession) => void,
  ) {}

  /**
   * It is the session's: which is told when that is stored.
   *
   * @param since When it was queued, if it was.
   * @param undo Called if it cannot be stored. It is given back by default.
   */
  seat(session: NativeSession, place: NativePlace, since?: number, undo?: () => void): void {
    const { now, records, table } = this.core;
    place.news = UNSTORED_GRANT;
    this.noted(session);
    let isNow = true;
    records.settled((failure) => {
      // It was given back meanwhile, or has ended, and the client knows.
      if (session.places.get(place.id) !== place) return;
      if (failure !== undefined) this.takeBack(session, place, failure, undo);
      else {
        // The ttl begins when the client is told, or that would have to count from before.
        if (!isNow) table.renew(place, place.ask.ttl);
        if (session.places.get(place.id) !== place) return;
        this.meters.granted(since === undefined ? 0 : (now() - since) / 1000);
        if (this.log.isOn) {
          this.log.say('lock granted', { session: session.id, name: place.name, token: place.token });
        }
        this.teller.announce(session, place);
      }
    }, place);
    isNow = false;
  }

  private takeBack(session: NativeSession, place: NativePlace, { message }: Error, undo?: () => void): void {
    session.drop(place);
    if (undo === undefined) this.core.table.release(place);
    else undo();
    this.teller.refuse(session, place.id, 'storage', message);
  }
}
