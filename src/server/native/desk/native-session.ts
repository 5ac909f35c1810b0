import { HeldSum } from '../../../native/held-sum.js';
import type { LossReason, ServerMessage } from '../../../native/from-server.js';
import type { EndReason, Place } from '../../../table/place.js';
import { ChurnMap } from '../../../values/churn-map.js';
import type { FrontLog } from '../../front-log.js';
import type { FrontMeters } from '../../meters.js';
import type { Principal } from '../../principals.js';
import type { PlaceRecord } from '../../records.js';
import type { Timeouts } from '../../../values/timeouts.js';
import type { NativePlace, NativeRecord, PlaceKeeper } from './native-place.js';
import { Pulse } from './pulse.js';
import { Unheard } from './unheard.js';

/** Whom a session talks to while it has a connection. */
export interface SessionListener {
  tell(message: ServerMessage): void;
  /** The session goes on over another connection. */
  replaced(): void;
}

/** What a session's places need of those who look after all of them. */
export interface SessionKeeper {
  readonly meters: FrontMeters;
  readonly log: FrontLog;
  /** It was queued, and is held from now on. */
  granted(session: NativeSession, place: NativePlace): void;
  /** A place of a session is gone, whatever the reason. */
  left(place: NativePlace): void;
  /** It is time to look whether the client is alive. */
  beat(session: NativeSession): void;
}

/** What one client has, whatever becomes of its connection: its locks and its places in queues. */
export class NativeSession implements PlaceKeeper {
  readonly places = new ChurnMap<number, NativePlace>();
  /** Those that wait, since when. */
  readonly waiting = new Map<NativePlace, number>();
  /** What the client was told that it holds. */
  readonly told = new HeldSum();
  readonly unheard = new Unheard();
  aliveAt = -Infinity;
  /** The highest id that the client has used. */
  lastId = 0;
  /** The connection that it talks over. */
  listener: SessionListener | undefined = undefined;
  /** It was resumed, and has not settled yet: it is told nothing. */
  isUnsettled = false;
  /** It is noted for the next start. */
  isNoted = false;

  readonly pulse: Pulse;

  constructor(
    readonly id: string,
    public principal: Principal,
    public holder: string,
    timeouts: Timeouts,
    private readonly keeper: SessionKeeper,
  ) {
    this.pulse = new Pulse(
      timeouts,
      () => this.ttls(),
      () => {
        this.keeper.beat(this);
      },
    );
  }

  get held(): number {
    return this.places.size - this.waiting.size;
  }

  /** Is there somebody who may be told about locks? */
  get isListening(): boolean {
    return this.listener !== undefined && !this.isUnsettled;
  }

  tell(message: ServerMessage): void {
    if (!this.isUnsettled) this.listener?.tell(message);
  }

  granted(place: NativePlace): void {
    this.keeper.granted(this, place);
  }

  /** One more, which is its own from now on. */
  add(place: NativePlace): void {
    this.places.set(place.id, place);
    this.pulse.added(place.ask.ttl);
  }

  /** Takes a place out of what it has: given back, left, handed on or taken away. */
  drop(place: NativePlace): void {
    if (this.places.get(place.id) !== place) return;
    this.places.delete(place.id);
    this.waiting.delete(place);
    if (place.isTold) this.told.remove(place.id);
    this.unheard.withdraw(place.id, place.news);
    this.pulse.removed(place.ask.ttl);
    this.keeper.left(place);
  }

  ended(places: readonly Place[], reason: EndReason): void {
    for (const place of places as readonly NativePlace[]) {
      if (this.places.get(place.id) !== place) continue;
      const { id, isTold, news } = place;
      this.drop(place);
      const { meters, log } = this.keeper;
      meters.ended.add(reason);
      if (log.isOn) log.say('lock lost', { session: this.id, name: place.name, reason });
      if (isTold) this.lose(id, news, reason);
      else
        this.tell({ type: 'error', id, code: 'gone', message: 'it was granted, and ended before that could be told' });
    }
  }

  /** Tells that a lock is lost. @param grantedIn The news that told of the grant. */
  lose(id: number, grantedIn: number, reason: LossReason): void {
    const news = this.unheard.lose(id, grantedIn);
    this.tell({ type: 'lost', id, reason, news });
  }

  record(place: NativePlace): PlaceRecord {
    const data: NativeRecord = { session: this.id, lock: place.id, renew: place.ask.renew };
    return { front: 'ws', data };
  }

  private *ttls(): Generator<number> {
    for (const { ask } of this.places.values()) yield ask.ttl;
  }
}
