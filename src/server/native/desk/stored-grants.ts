import { grantStored, type GrantOutcome } from '../../grant-stored.js';
import type { FrontLog } from '../../front-log.js';
import type { FrontMeters } from '../../meters.js';
import type { ServerCore } from '../../server-core.js';
import type { NativePlace } from './native-place.js';
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
    place.news = 0;
    place.isPending = true;
    this.noted(session);
    const tell = (outcome: GrantOutcome): void => {
      place.isPending = false;
      if (outcome instanceof Error) this.takeBack(session, place, outcome, undo);
      // Else it was given back, or has ended, and the client knows.
      else if (outcome === 'held') this.tell(session, place, since);
    };
    grantStored(this.core, place, tell, place.ask.ttl);
  }

  private tell(session: NativeSession, place: NativePlace, since: number | undefined): void {
    this.meters.granted(since === undefined ? 0 : (this.core.now() - since) / 1000);
    if (this.log.isOn) this.log.say('lock granted', { session: session.id, name: place.name, token: place.token });
    this.teller.announce(session, place);
  }

  private takeBack(session: NativeSession, place: NativePlace, { message }: Error, undo?: () => void): void {
    session.drop(place);
    if (undo === undefined) this.core.table.release(place);
    else undo();
    this.teller.refuse(session, place.id, 'storage', message);
  }
}
