import type { HeapItem } from '../values/heap.js';

/** What somebody wants of a table. Must not change afterwards. */
export interface Ask {
  readonly name: string;
  /** Milliseconds, from the grant. */
  readonly ttl: number;
  /** `shared`: with others who share it. For oneself, if absent. Of a lock. */
  readonly mode?: 'shared' | undefined;
  /** How many permits there are. Present for a semaphore, whose name is no lock's. */
  readonly limit?: number | undefined;
  /** How many permits of a semaphore are taken, all or none. 1 if absent. */
  readonly permits?: number | undefined;
  /** For others to read. Says nothing about who may release. */
  readonly holder?: string | undefined;
  /** For others to read. */
  readonly metadata?: string | undefined;
  /** Milliseconds for which the name stays taken when this has expired. What the table does by default, if absent. */
  readonly lockDelay?: number | undefined;
}

/** Why a table takes a place from its owner. */
export type EndReason = 'expired' | 'revoked';

/** Who stands before a place, and who behind it. */
export interface Neighbours {
  previous: Place | undefined;
  next: Place | undefined;
}

/** The table that a place is at, as its owner uses it. */
export interface PlaceTable {
  renew(place: Place, ttl: number): boolean;
  release(place: Place, keepFor?: number): boolean;
  leave(place: Place): void;
}

/** Whoever has places: a backend, a connection. */
export interface Owner {
  /**
   * These places were taken away. Called before anybody else is given them, so that the owner can stop its work first.
   *
   * @param places All of this owner that ended at this moment.
   */
  ended(places: readonly Place[], reason: EndReason): void;
  /** Nobody has what is his: it runs out, unless somebody comes for it. */
  readonly isNobody?: boolean;
}

/**
 * A place in the queue, then among the holders. It is the handle too: whoever has this object may renew and release, and
 * nobody else.
 *
 * One object for all of it, since there is one for each held lock. It serves once: who asks again makes another. Its
 * constructor makes its fields, here and in the classes that extend it: field initialisers would keep V8 from inlining those.
 */
export abstract class Place<A extends Ask = Ask> implements HeapItem {
  /** `kept`: given back by its owner or taken from him, and nobody else's until `due`. */
  declare state: 'idle' | 'waiting' | 'held' | 'kept' | 'gone';
  /** @internal The fencing token as a number, of which a table gives out far less than 2^53; 0 before the grant. */
  declare token: number;
  /** When it ends, on the table's clock, in whole milliseconds; or when the table looks at `until` again. */
  declare due: number;
  declare position: number;
  /** @internal */
  declare table: PlaceTable | undefined;
  /** @internal Where it stands in a room; absent while nobody else wants the name. */
  declare link: Neighbours | undefined;

  constructor(
    readonly ask: A,
    /** Changes when it is handed on. */
    public owner: Owner,
  ) {
    this.state = 'idle';
    this.token = 0;
    this.due = 0;
    this.position = -1;
    this.table = undefined;
    this.link = undefined;
  }

  get name(): string {
    return this.ask.name;
  }

  /**
   * When it ends. Whoever puts off many places at once need not move each: it is enough that this is later. The table asks once `due` is over, and
   * whenever it tells. Never before `due`.
   */
  get until(): number {
    return this.due;
  }

  get fencingToken(): bigint | undefined {
    return this.token === 0 ? undefined : BigInt(this.token);
  }

  get holder(): string | undefined {
    return this.ask.holder;
  }

  get metadata(): string | undefined {
    return this.ask.metadata;
  }

  /**
   * It was queued, and is held from now on. May call the table, even release at once. Not called for a place that was
   * granted by `acquire` itself.
   */
  abstract granted(): void;
}
