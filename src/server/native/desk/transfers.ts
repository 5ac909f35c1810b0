import type { Adopt, Detach } from '../../../native/from-client.js';
import type { ServerCore } from '../../server-core.js';
import type { Capacity } from './capacity.js';
import { problemOfName, problemOfTtl, type TtlLimits } from './checks.js';
import type { StoredGrants } from './stored-grants.js';
import type { Handover } from './handover.js';
import type { Handovers } from './handovers.js';
import type { NativePlace } from './native-place.js';
import type { NativeSession } from './native-session.js';
import type { Teller } from './teller.js';

/** Locks that one session lets go of, and another goes on with. Everything in it happens within a turn. */
export class Transfers {
  constructor(
    private readonly core: Pick<ServerCore, 'records' | 'table'>,
    private readonly limits: TtlLimits,
    private readonly handovers: Handovers,
    private readonly capacity: Capacity,
    private readonly grants: StoredGrants,
    private readonly teller: Teller,
  ) {}

  detach(session: NativeSession, { id, lock }: Detach): void {
    const { records, table } = this.core;
    table.sweep();
    const place = session.places.get(lock);
    const isHeld = place?.state === 'held' && place.isTold;
    const secret = isHeld ? this.handOver(session, place) : this.handovers.secretOf(session, lock);
    if (secret === undefined) this.teller.gone(session, id, lock);
    else {
      // Stored or not, the client does not hold it any more.
      records.whenStored(() => {
        session.tell({ type: 'detached', id, secret });
      }, place);
    }
  }

  adopt(session: NativeSession, ask: Adopt): void {
    const { id, name, secret, ttl } = ask;
    const problem = problemOfName(name) ?? problemOfTtl(ttl, this.limits);
    const noMore =
      problem === undefined ? this.capacity.problemOf(session, true) : { code: 'invalid' as const, message: problem };
    if (noMore !== undefined) {
      this.teller.refuse(session, id, noMore.code, noMore.message);
      return;
    }
    this.core.table.sweep();
    const handover = this.handovers.take(name, secret);
    if (handover === undefined) {
      this.teller.refuse(session, id, 'gone', 'nothing of that name and secret was let go of, or it is gone');
    } else this.goOn(session, handover, ask);
  }

  private handOver(session: NativeSession, place: NativePlace): string {
    const secret = this.handovers.add(session, place);
    this.core.records.changed(place);
    return secret;
  }

  private goOn(session: NativeSession, handover: Handover, { id, ttl, holder, renew = true }: Adopt): void {
    const { records, table } = this.core;
    const { place } = handover;
    const { ask } = place;
    const before = { ttl: ask.ttl, renew: ask.renew, holder: ask.holder };
    place.owner = session;
    place.id = id;
    Object.assign(ask, { ttl, renew, holder: holder ?? session.holder });
    session.add(place);
    table.renew(place, ttl);
    records.changed(place);
    this.grants.seat(session, place, undefined, () => {
      // Nobody has it, as before; but nobody else gets it.
      Object.assign(ask, before);
      this.handovers.putBack(handover);
      table.renew(place, before.ttl);
      records.changed(place);
    });
  }
}
