import type { Acquire, ChangeTtl, Leave, Release } from '../../../native/from-client.js';
import type { FrontKit } from '../../front-kit.js';
import type { FrontLog } from '../../front-log.js';
import type { FrontMeters } from '../../meters.js';
import { CLOSING, type Capacity, type DeskLimits } from './capacity.js';
import { problemOfAcquire, problemOfTtl } from './checks.js';
import type { StoredGrants } from './stored-grants.js';
import { NativeAsk } from './native-ask.js';
import { NativePlace } from './native-place.js';
import type { NativeSession, SessionKeeper } from './native-session.js';
import type { Positions } from './positions.js';
import type { Teller } from './teller.js';

/** Locks and semaphores, as this protocol has them. Everything in it happens within a turn. */
export class NativeDesk implements SessionKeeper {
  readonly meters: FrontMeters;
  private readonly core: FrontKit['core'];

  /** @param beat Called when it is time to look whether a session's client is alive. */
  constructor(
    { core, meters }: FrontKit,
    private readonly limits: DeskLimits,
    private readonly capacity: Capacity,
    private readonly positions: Positions,
    private readonly grants: StoredGrants,
    private readonly teller: Teller,
    readonly log: FrontLog,
    readonly beat: (session: NativeSession) => void,
  ) {
    this.core = core;
    this.meters = meters.front('ws');
  }

  acquire(session: NativeSession, ask: Acquire): void {
    const problem = problemOfAcquire(ask, this.limits);
    if (problem !== undefined) {
      this.teller.refuse(session, ask.id, 'invalid', problem);
      return;
    }
    const noMore = this.capacity.problemOf(session);
    if (noMore !== undefined) this.teller.refuse(session, ask.id, noMore.code, noMore.message);
    else this.ask(session, ask);
  }

  leave(session: NativeSession, { id, lock }: Leave): void {
    const place = session.places.get(lock);
    // It may end within that call: then the client has given up what it was told to be lost.
    if (place === undefined || !this.giveBack(session, place)) this.teller.gone(session, id, lock);
    else session.tell({ type: 'done', id });
  }

  release(session: NativeSession, { id, lock, keepFor = 0 }: Release): void {
    const place = session.places.get(lock);
    // The client has heard all that it was told before the grant.
    if (place?.isTold === true) session.unheard.hear(place.news);
    if (place === undefined || !this.giveBack(session, place, keepFor)) {
      this.teller.gone(session, id, lock);
      return;
    }
    const { records } = this.core;
    // A release need not outlive a crash: the lock runs out. What is to stay taken for longer than it would by itself must.
    if (keepFor <= records.storedTtl(place)) session.tell({ type: 'done', id });
    else {
      records.whenStored((failure) => {
        if (failure === undefined) session.tell({ type: 'done', id });
        else this.teller.refuse(session, id, 'storage', failure.message);
      }, place);
    }
  }

  changeTtl(session: NativeSession, { id, lock, ttl }: ChangeTtl): void {
    const problem = problemOfTtl(ttl, this.limits);
    if (problem !== undefined) {
      this.teller.refuse(session, id, 'invalid', problem);
      return;
    }
    const { records, table } = this.core;
    table.sweep();
    const place = session.places.get(lock);
    if (place?.isTold !== true || place.state !== 'held') {
      this.teller.gone(session, id, lock);
      return;
    }
    const before = place.ask.ttl;
    setTtl(session, place, ttl);
    table.renew(place, ttl);
    records.whenStored((failure) => {
      const stored = records.storedTtl(place);
      // What is no longer than what is on disk needs nothing of it.
      if (failure === undefined || ttl <= stored) session.tell({ type: 'done', id });
      else {
        // The one before may not be stored either.
        if (session.places.get(lock) === place && place.ask.ttl === ttl)
          setTtl(session, place, Math.min(before, stored));
        this.teller.refuse(session, id, 'storage', failure.message);
      }
    }, place);
  }

  /** Gives a place back, or leaves the queue. @returns False if it was not held any more. */
  giveBack(session: NativeSession, place: NativePlace, keepFor = 0): boolean {
    const { table } = this.core;
    if (place.state === 'waiting') {
      session.drop(place);
      table.leave(place);
      return true;
    }
    // It may end within that call, and its session is told.
    table.sweep();
    if (place.state !== 'held') return false;
    session.drop(place);
    table.release(place, keepFor);
    this.meters.ended.add('released');
    if (this.log.isOn) this.log.say('lock released', { session: session.id, name: place.name });
    return true;
  }

  /** Whoever waits is refused, as whoever asks only now is: the server is about to stop. */
  turnAway(session: NativeSession): void {
    for (const place of [...session.waiting.keys()]) {
      if (!session.waiting.has(place)) continue;
      this.giveBack(session, place);
      this.teller.refuse(session, place.id, CLOSING.code, CLOSING.message);
    }
  }

  granted(session: NativeSession, place: NativePlace): void {
    const since = session.waiting.get(place);
    session.waiting.delete(place);
    this.positions.remove(place);
    this.grants.seat(session, place, since);
  }

  left(place: NativePlace): void {
    if (place.state === 'waiting') this.positions.remove(place);
  }

  private ask(session: NativeSession, ask: Acquire): void {
    const { wait = false, holder = session.holder } = ask;
    const place = new NativePlace(new NativeAsk(ask, holder), session, ask.id);
    session.add(place);
    const isFull = wait && session.waiting.size >= this.limits.waiters;
    const answer = this.core.table.acquire(place, wait && !isFull);
    if (answer === 'granted') this.grants.seat(session, place);
    else if (answer === 'queued') {
      // Unless it was its turn within that call.
      if (place.state === 'waiting') this.queue(session, place);
    } else if (session.places.get(place.id) === place) {
      // Else it was granted and taken away within that call, which was told.
      session.drop(place);
      if (answer === 'limit-mismatch') this.tellLimit(session, place);
      else if (isFull) this.teller.refuse(session, place.id, 'limit', 'this session waits for as many as it may');
      else this.teller.held(session, place);
    }
  }

  private queue(session: NativeSession, place: NativePlace): void {
    const now = this.core.now();
    place.due = Math.ceil(now + place.ask.ttl);
    session.waiting.set(place, now);
    this.teller.queued(session, place);
  }

  private tellLimit(session: NativeSession, { id, name, ask }: NativePlace): void {
    const { limit } = this.core.table.status(name, true);
    const text = `limit ${String(ask.limit)} differs from the limit ${String(limit)} that others use`;
    this.teller.refuse(session, id, 'limit-mismatch', text);
  }
}

function setTtl(session: NativeSession, { ask }: NativePlace, ttl: number): void {
  session.pulse.removed(ask.ttl);
  ask.ttl = ttl;
  session.pulse.added(ttl);
}
