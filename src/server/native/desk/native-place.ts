import type { EndReason, Owner } from '../../../table/place.js';
import type { PlaceRecord } from '../../records.js';
import { SessionPlace } from '../../session.js';
import type { NativeAsk } from './native-ask.js';

/** Whose a place is: a session's, or nobody's for the moment. */
export interface PlaceKeeper extends Owner {
  /** When it last said that it is alive. */
  readonly aliveAt: number;
  /** It was queued, and is held from now on. */
  granted(place: NativePlace): void;
  /** What has to be known after a start to go on with the place. */
  record(place: NativePlace): PlaceRecord;
}

/** What a session has not been told of its place: it was granted, and is not stored yet; or nobody listened. */
export const UNTOLD = 0;
export const UNSTORED_GRANT = -1;

/** A session's place. There is one for each held lock, so it is as small as can be. */
export class NativePlace extends SessionPlace<NativeAsk> {
  declare owner: PlaceKeeper;
  /** Of the ask that it came from, in the session that has it. */
  declare id: number;
  /** The number of the news that told of the grant; none: one of the above. */
  declare news: number;

  constructor(ask: NativeAsk, owner: PlaceKeeper, id: number) {
    super(ask, owner);
    this.id = id;
    this.news = UNTOLD;
  }

  /** One keep-alive puts off all places of a session, and none of them is touched by it. The same goes for a place in the queue. */
  override get until(): number {
    const { due, ask, owner } = this;
    if (this.state === 'kept' || (this.state === 'held' && !ask.renew)) return due;
    return Math.max(due, owner.aliveAt + ask.ttl);
  }

  /** Has the client heard, or been told, that it holds this? */
  get isTold(): boolean {
    return this.news > 0;
  }

  granted(): void {
    this.owner.granted(this);
  }

  taken(reason: EndReason): void {
    this.owner.ended([this], reason);
  }

  override record(): PlaceRecord | undefined {
    return this.state === 'held' ? this.owner.record(this) : undefined;
  }
}
