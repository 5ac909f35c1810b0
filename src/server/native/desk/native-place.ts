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

/** What is stored of a place. */
export interface NativeRecord {
  /** Whose it is, and its id there. */
  readonly session?: string;
  readonly lock?: number;
  /** The digest of the secret, in hexadecimal, if it was let go of. */
  readonly secret?: string;
  readonly renew: boolean;
}

/** A session's place. There is one for each held lock, so it is as small as can be. */
export class NativePlace extends SessionPlace<NativeAsk> {
  declare owner: PlaceKeeper;
  /** Of the ask that it came from, in the session that has it. */
  declare id: number;
  /** The number of the news that told its session of the grant. 0: it was not told. */
  declare news: number;
  /** It was granted, which is not stored yet. */
  declare isPending: boolean;

  constructor(ask: NativeAsk, owner: PlaceKeeper, id: number) {
    super(ask, owner);
    this.id = id;
    this.news = 0;
    this.isPending = false;
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
