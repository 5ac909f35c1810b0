import type { Alive, Settle } from '../../../native/from-client.js';
import { HeldSum } from '../../../native/held-sum.js';
import type { ServerCore } from '../../server-core.js';
import type { NativeDesk } from './native-desk.js';
import type { NativePlace } from './native-place.js';
import type { NativeSession } from './native-session.js';
import type { Teller } from './teller.js';

/** What a client says that it has, as far as it has said it. */
export class Claims {
  readonly holds = new Set<number>();
  readonly wants = new Set<number>();

  get size(): number {
    return this.holds.size + this.wants.size;
  }

  add({ holds, wants }: Settle): void {
    for (const id of holds) this.holds.add(id);
    for (const id of wants) this.wants.add(id);
  }
}

/** What a place is compared with. */
interface Claimed extends Pick<Claims, 'holds' | 'wants'> {
  /** The last news that the client may have heard when it said so. */
  readonly heard: number;
  /** After a resumption: what the client was told before counts no more. */
  readonly isAnew: boolean;
}

/** What clients believe that they hold, beside what they do hold. Everything in it happens within a turn. */
export class Beliefs {
  private readonly sum = new HeldSum();

  constructor(
    private readonly core: Pick<ServerCore, 'table'>,
    private readonly desk: NativeDesk,
    private readonly teller: Teller,
  ) {}

  /** Keeps all that a session has, if its client believes in just that. It costs the same however much that is. */
  alive(session: NativeSession, { id, news, count, hash }: Alive): void {
    // What is over stays over.
    const now = this.core.table.sweep();
    session.unheard.hear(news);
    const isRight = session.unheard.believed(session.told, this.sum).equals({ count, hash });
    if (isRight) session.aliveAt = now;
    session.tell({ type: isRight ? 'done' : 'mismatch', id });
  }

  /**
   * Makes what a session has the same as what its client believes, and keeps that. A step looks at one lock: between two of them others may have their turn,
   * and nothing else that this client asks for is looked at.
   */
  *settle(session: NativeSession, { id, news }: Settle, { holds, wants }: Claims): Generator<undefined, void> {
    const wasUnsettled = session.isUnsettled;
    const now = this.core.table.sweep();
    session.isUnsettled = false;
    session.unheard.hear(news);
    if (wasUnsettled) session.unheard.startAfter(news);
    // What is kept is kept as of now; what is given back below is not looked at any more.
    session.aliveAt = now;
    // What is told later is on its way to the client, who has said this before it came. Over a connection that is over, nothing is.
    const heard = wasUnsettled ? session.unheard.last : session.unheard.heardTo;
    const claimed: Claimed = { holds, wants, heard, isAnew: wasUnsettled };
    // The queue first, or what is given back would be granted to this very client.
    for (const place of session.waiting.keys()) {
      this.compare(session, place, claimed);
      yield;
    }
    for (const place of session.places.values()) {
      if (place.state !== 'waiting') {
        this.compare(session, place, claimed);
        yield;
      }
    }
    for (const lock of holds) {
      this.deny(session, lock);
      yield;
    }
    for (const lock of wants) {
      this.forgetAsk(session, lock);
      yield;
    }
    session.tell({ type: 'done', id });
  }

  /** One that the session has: is it what the client believes? */
  private compare(session: NativeSession, place: NativePlace, { holds, wants, heard, isAnew }: Claimed): void {
    const { id } = place;
    // It was given up meanwhile, by what another was told.
    if (session.places.get(id) !== place) return;
    const isUnderWay = place.news > heard;
    if (holds.has(id) && place.state === 'held') {
      holds.delete(id);
      if (!place.isTold || isAnew) this.remember(session, place);
    } else if (wants.has(id)) {
      if (place.state === 'waiting') this.teller.queued(session, place);
      else if (!isUnderWay && !place.isPending) this.tellAgain(session, place);
    } else if (!isUnderWay) this.desk.giveBack(session, place);
  }

  /** The client knows that it holds this, whatever it was told and by whom. */
  private remember(session: NativeSession, place: NativePlace): void {
    if (!place.isTold) session.told.add(place.id);
    place.news = Math.max(1, session.unheard.heardTo);
  }

  private tellAgain(session: NativeSession, place: NativePlace): void {
    // Its ttl begins when the client is told.
    this.core.table.renew(place, place.ask.ttl);
    if (session.places.get(place.id) === place) this.teller.announce(session, place);
  }

  /** The client believes in something that the session does not have. */
  private deny(session: NativeSession, lock: number): void {
    const place = session.places.get(lock);
    if (place?.state === 'held') return;
    if (place !== undefined) this.desk.giveBack(session, place);
    // It was told so, and has not heard it.
    if (!session.unheard.hasLost(lock)) session.lose(lock, 0, 'gone');
  }

  /** The client waits for something that the session does not know. */
  private forgetAsk(session: NativeSession, id: number): void {
    if (session.places.get(id) !== undefined || session.unheard.hasLost(id)) return;
    session.tell({ type: 'error', id, code: 'gone', message: 'this ask has not arrived, or its lock has ended' });
  }
}
