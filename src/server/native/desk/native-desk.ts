import type { Acquire, Adopt, ChangeTtl, Detach, Leave, Release } from '../../../native/from-client.js';
import type { ErrorCode } from '../../../native/from-server.js';
import type { LockTable } from '../../../table/lock-table.js';
import type { FrontKit } from '../../front-kit.js';
import { FrontLog } from '../../front-log.js';
import type { FrontMeters } from '../../meters.js';
import type { Records } from '../../records.js';
import { problemOfAcquire, problemOfName, problemOfTtl, type TtlLimits } from './checks.js';
import type { Handovers } from './handovers.js';
import { heldBy } from './held-by.js';
import { NativeAsk } from './native-ask.js';
import { NativePlace, UNSTORED_GRANT, UNTOLD } from './native-place.js';
import type { NativeSession, SessionKeeper } from './native-session.js';
import type { Positions } from './positions.js';

/** How many of what a client may have. */
export interface DeskLimits extends TtlLimits {
  readonly locks: number;
  readonly waiters: number;
  /** Of all sessions together. */
  readonly places: number;
}

/** Who else has to do with the sessions. */
export interface DeskEvents {
  /** It is granted something that is to outlive a start. */
  noted(session: NativeSession): void;
  /** It is time to look whether its client is alive. */
  beat(session: NativeSession): void;
}

/** What a session is told that asks for more. */
const CLOSING = 'the server is about to stop';

/** Locks and semaphores, as this protocol has them. Everything in it happens within a turn. */
export class NativeDesk implements SessionKeeper {
  readonly meters: FrontMeters;
  readonly log: FrontLog;
  private readonly table: LockTable;
  private readonly records: Records;
  private readonly now: () => number;

  constructor(
    { core, meters, log }: FrontKit,
    private readonly limits: DeskLimits,
    private readonly handovers: Handovers,
    private readonly positions: Positions,
    private readonly events: DeskEvents,
  ) {
    this.table = core.table;
    this.records = core.records;
    this.now = core.now;
    this.meters = meters.front('ws');
    this.log = new FrontLog(log, 'ws');
  }

  acquire(session: NativeSession, ask: Acquire): void {
    const { id, wait = false } = ask;
    const problem = problemOfAcquire(ask, this.limits);
    if (problem !== undefined) this.refuse(session, id, 'invalid', problem);
    else if (this.mayHaveMore(session, id)) this.ask(session, ask, wait);
  }

  leave(session: NativeSession, { id, lock }: Leave): void {
    const place = session.places.get(lock);
    // It may end within that call: then the client has given up what it was told to be lost.
    if (place === undefined || !this.giveBack(session, place)) this.gone(session, id, lock);
    else session.tell({ type: 'done', id });
  }

  release(session: NativeSession, { id, lock, keepFor = 0 }: Release): void {
    const place = session.places.get(lock);
    // The client has heard all that it was told before the grant.
    if (place?.isTold === true) session.unheard.hear(place.news);
    if (place === undefined || !this.giveBack(session, place, keepFor)) this.gone(session, id, lock);
    else session.tell({ type: 'done', id });
  }

  changeTtl(session: NativeSession, { id, lock, ttl }: ChangeTtl): void {
    const problem = problemOfTtl(ttl, this.limits);
    if (problem !== undefined) {
      this.refuse(session, id, 'invalid', problem);
      return;
    }
    const place = session.places.get(lock);
    if (place?.isTold !== true) {
      this.gone(session, id, lock);
      return;
    }
    this.table.sweep();
    if (place.state !== 'held') {
      this.gone(session, id, lock);
      return;
    }
    const before = place.ask.ttl;
    this.setTtl(session, place, ttl);
    this.table.renew(place, ttl);
    this.records.settled((failure) => {
      // What is no longer than what is on disk needs nothing of it.
      if (failure === undefined || ttl <= this.records.storedTtl(place)) session.tell({ type: 'done', id });
      else {
        if (session.places.get(lock) === place && place.ask.ttl === ttl) this.setTtl(session, place, before);
        this.refuse(session, id, 'storage', failure.message);
      }
    }, place);
  }

  detach(session: NativeSession, { id, lock }: Detach): void {
    this.table.sweep();
    const place = session.places.get(lock);
    const isHeld = place?.state === 'held' && place.isTold;
    const secret = isHeld ? this.handOver(session, place) : this.handovers.secretOf(session, lock);
    if (secret === undefined) this.gone(session, id, lock);
    else {
      // Stored or not, the client does not hold it any more.
      this.records.settled(() => {
        session.tell({ type: 'detached', id, secret });
      }, place);
    }
  }

  adopt(session: NativeSession, { id, name, secret, ttl, holder, renew = true }: Adopt): void {
    const problem = problemOfName(name) ?? problemOfTtl(ttl, this.limits);
    if (problem !== undefined) {
      this.refuse(session, id, 'invalid', problem);
      return;
    }
    if (!this.mayHaveMore(session, id)) return;
    this.table.sweep();
    const handover = this.handovers.take(name, secret);
    if (handover === undefined) {
      this.refuse(session, id, 'gone', 'nothing of that name and secret was let go of, or it is gone');
      return;
    }
    const { place } = handover;
    const { ask } = place;
    const before = { ttl: ask.ttl, renew: ask.renew, holder: ask.holder };
    place.owner = session;
    place.id = id;
    Object.assign(ask, { ttl, renew, holder: holder ?? session.holder });
    this.add(session, place);
    this.table.renew(place, ttl);
    this.records.changed(place);
    this.seat(session, place, undefined, () => {
      // Nobody has it, as before; but nobody else gets it.
      Object.assign(ask, before);
      this.handovers.putBack(handover);
      this.table.renew(place, before.ttl);
      this.records.changed(place);
    });
  }

  granted(session: NativeSession, place: NativePlace): void {
    const since = session.waiting.get(place);
    session.waiting.delete(place);
    this.positions.remove(place);
    this.seat(session, place, since);
  }

  beat(session: NativeSession): void {
    this.events.beat(session);
  }

  left(session: NativeSession, place: NativePlace): void {
    session.pulse.removed(place.ask.ttl);
    if (place.state === 'waiting') this.positions.remove(place);
  }

  /** Tells that a place is held, if anybody listens; anew, if it was told before. */
  announce(session: NativeSession, place: NativePlace): void {
    if (place.isTold) session.told.remove(place.id);
    session.unheard.withdraw(place.id, place.news);
    place.news = UNTOLD;
    if (!session.isListening) return;
    place.news = session.unheard.grant(place.id);
    session.told.add(place.id);
    const { id, news, token, metadata } = place;
    session.tell({
      type: 'granted',
      id,
      news,
      ...(token === 0 ? {} : { token }),
      ...(metadata === undefined ? {} : { metadata }),
    });
  }

  /** Tells where a place stands in the queue. */
  tellQueued(session: NativeSession, place: NativePlace): void {
    const { id, name, ask } = place;
    // Whoever was told before is told of changes: nobody is counted past thousands twice.
    const position = this.positions.toldTo(place) ?? this.table.position(place) ?? 0;
    session.tell({ type: 'queued', id, position, ...heldBy(this.table.status(name, ask.limit !== undefined)) });
    this.positions.add(place, position);
  }

  /** Gives a place back, or leaves the queue. @returns False if it was not held any more. */
  giveBack(session: NativeSession, place: NativePlace, keepFor = 0): boolean {
    if (place.state === 'waiting') {
      session.drop(place);
      this.table.leave(place);
      return true;
    }
    // It may end within that call, and its session is told.
    this.table.sweep();
    if (place.state !== 'held') return false;
    session.drop(place);
    this.table.release(place, keepFor);
    this.meters.ended.add('released');
    if (this.log.isOn) this.log.say('lock released', { session: session.id, name: place.name });
    return true;
  }

  /** Whoever waits is refused, as whoever asks only now is: the server is about to stop. */
  turnAway(session: NativeSession): void {
    for (const place of [...session.waiting.keys()]) {
      if (!session.waiting.has(place)) continue;
      this.giveBack(session, place);
      this.refuse(session, place.id, 'closing', CLOSING);
    }
  }

  /** A place of before a start. */
  add(session: NativeSession, place: NativePlace): void {
    session.places.set(place.id, place);
    session.pulse.added(place.ask.ttl);
  }

  private ask(session: NativeSession, ask: Acquire, mayWait: boolean): void {
    const { id, holder = session.holder } = ask;
    const place = new NativePlace(new NativeAsk(ask, holder), session, id);
    this.add(session, place);
    const isFull = mayWait && session.waiting.size >= this.limits.waiters;
    const answer = this.table.acquire(place, mayWait && !isFull);
    if (answer === 'granted') {
      this.seat(session, place);
      return;
    }
    if (answer === 'queued') {
      // Unless it was its turn within that call.
      if (place.state === 'waiting') this.queue(session, place);
      return;
    }
    // It was granted and taken away within that call, which was told.
    if (session.places.get(id) !== place) return;
    session.drop(place);
    if (answer === 'limit-mismatch') {
      const { limit } = this.table.status(ask.name, true);
      const text = `limit ${String(ask.limit)} differs from the limit ${String(limit)} that others use`;
      this.refuse(session, id, answer, text);
    } else if (isFull) this.refuse(session, id, 'limit', 'this session waits for as many as it may');
    else {
      this.meters.refused.add('held');
      if (this.log.isOn) this.log.say('ask refused', { session: session.id, name: ask.name, reason: 'held' });
      session.tell({ type: 'held', id, ...heldBy(this.table.status(ask.name, ask.limit !== undefined)) });
    }
  }

  private queue(session: NativeSession, place: NativePlace): void {
    const now = this.now();
    place.due = Math.ceil(now + place.ask.ttl);
    session.waiting.set(place, now);
    this.tellQueued(session, place);
  }

  /**
   * It is the session's: which is told when that is stored.
   *
   * @param since When it was queued, if it was.
   * @param undo Called if it cannot be stored. It is given back by default.
   */
  private seat(session: NativeSession, place: NativePlace, since?: number, undo?: () => void): void {
    place.news = UNSTORED_GRANT;
    this.events.noted(session);
    let isNow = true;
    this.records.settled((failure) => {
      // It was given back meanwhile, or has ended, and the client knows.
      if (session.places.get(place.id) !== place) return;
      if (failure !== undefined) this.takeBack(session, place, failure, undo);
      else {
        // The ttl begins when the client is told, or that would have to count from before.
        if (!isNow) this.table.renew(place, place.ask.ttl);
        if (session.places.get(place.id) !== place) return;
        this.meters.granted(since === undefined ? 0 : (this.now() - since) / 1000);
        if (this.log.isOn) {
          this.log.say('lock granted', { session: session.id, name: place.name, token: place.token });
        }
        this.announce(session, place);
      }
    }, place);
    isNow = false;
  }

  private takeBack(session: NativeSession, place: NativePlace, { message }: Error, undo?: () => void): void {
    session.drop(place);
    if (undo === undefined) this.table.release(place);
    else undo();
    this.refuse(session, place.id, 'storage', message);
  }

  private handOver(session: NativeSession, place: NativePlace): string {
    const secret = this.handovers.add(session, place);
    this.records.changed(place);
    return secret;
  }

  private setTtl(session: NativeSession, { ask }: NativePlace, ttl: number): void {
    session.pulse.removed(ask.ttl);
    ask.ttl = ttl;
    session.pulse.added(ttl);
  }

  private mayHaveMore(session: NativeSession, id: number): boolean {
    const { failure } = this.records;
    if (this.table.isShut) this.refuse(session, id, 'closing', CLOSING);
    else if (failure !== undefined) this.refuse(session, id, 'storage', failure.message);
    else if (session.held >= this.limits.locks)
      this.refuse(session, id, 'limit', 'this session holds as many as it may');
    else if (this.isFull) {
      this.refuse(session, id, 'limit', 'the server has as many locks as it may');
    } else return true;
    return false;
  }

  /** Over all protocols: what is held, and what is kept for nobody any more, takes as much room as who waits. */
  private get isFull(): boolean {
    const { held, waiting } = this.table.counts;
    return held + waiting >= this.limits.places;
  }

  private refuse(session: NativeSession, id: number, code: ErrorCode, message: string): void {
    this.meters.refused.add(REASONS[code]);
    if (this.log.isOn) this.log.say('ask refused', { session: session.id, ask: id, reason: code });
    session.tell({ type: 'error', id, code, message });
  }

  private gone(session: NativeSession, id: number, lock: number): void {
    session.unheard.forget(lock);
    session.tell({ type: 'error', id, code: 'gone', message: 'this session does not have it, or not any more' });
  }
}

/** What the errors are called where they are counted. */
const REASONS: Readonly<Record<ErrorCode, string>> = {
  invalid: 'validation',
  'limit-mismatch': 'validation',
  gone: 'gone',
  limit: 'capacity',
  storage: 'storage',
  closing: 'closing',
};
