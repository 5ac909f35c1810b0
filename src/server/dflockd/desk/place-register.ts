import type { ServerTable } from '../../../table/server-table.js';
import { isFull } from '../../is-full.js';
import { DflockdPlace, type PlaceEvents } from './dflockd-place.js';
import type { DflockdSession } from './dflockd-session.js';
import { sealOf } from './dflockd-record.js';
import { nameOf } from './key-name.js';
import type { Keys } from './keys.js';
import type { Ask } from '../../../table/place.js';
import type { EnqueueRequest } from '../wire/request.js';
import type { Tokens } from './tokens.js';

/** How many there may be of what clients can make. Infinity: no limit. */
export interface PlaceLimits {
  /** That wait for one key. */
  readonly waiters: number;
  /** That are held or waited for, of all keys together, and over all protocols of one table. */
  readonly places: number;
  /** Of these, of one connection. */
  readonly placesEach: number;
}

/** All places, from the first ask to the end: how many a key has, and which token is whose. */
export class PlaceRegister {
  /** By the token, which anybody may use who knows it. */
  private readonly held = new Map<string, DflockdPlace>();
  private places = 0;

  constructor(
    private readonly keys: Keys,
    private readonly limits: PlaceLimits,
    private readonly tokens: Tokens,
    private readonly table: Pick<ServerTable, 'counts'>,
  ) {}

  /** A place for who asks; or why there can be none. */
  open(
    session: DflockdSession,
    { key, limit, lease }: Pick<EnqueueRequest, 'key' | 'limit' | 'lease'>,
    events: PlaceEvents,
  ): DflockdPlace | string {
    const found = this.keys.obtain(nameOf(key), limit);
    if (typeof found === 'string') return found;
    const { places, placesEach } = this.limits;
    if (this.places >= places || isFull(this.table, places) || session.size >= placesEach) return 'error_max_locks';
    const ask = { name: found.name, ttl: lease, limit: limit === 1 ? undefined : limit };
    return this.enter(new DflockdPlace(ask, session, found, events));
  }

  /** A place of before a start, whatever the limits. @returns Undefined: its key is something else by now. */
  restore(session: DflockdSession, ask: Ask, seal: string, events: PlaceEvents): DflockdPlace | undefined {
    const found = this.keys.obtain(ask.name, ask.limit ?? 1);
    if (typeof found === 'string') return undefined;
    const place = this.enter(new DflockdPlace({ ...ask, name: found.name }, session, found, events));
    place.credential = seal;
    this.held.set(seal, place);
    return place;
  }

  /** Do as many wait for its key as may? */
  isFull({ key }: DflockdPlace): boolean {
    return key.waiters >= this.limits.waiters;
  }

  queue(place: DflockdPlace): void {
    place.queuedAt = this.keys.now();
    place.isQueued = true;
    place.key.waiters++;
  }

  /** It is granted: from now on it has a token. */
  seat(place: DflockdPlace): void {
    this.unqueue(place);
    place.credential = this.tokens.next();
    this.held.set(place.credential, place);
  }

  close(place: DflockdPlace): void {
    this.unqueue(place);
    const { owner, key, credential, name } = place;
    this.places--;
    this.keys.leave(key);
    this.held.delete(credential);
    owner.remove(place);
    if (owner.enqueued.get(name) === place) owner.enqueued.delete(name);
  }

  /** The place of that key and token. */
  find(key: string, token: string): DflockdPlace | undefined {
    const name = nameOf(key);
    this.keys.touch(name);
    const place = this.held.get(token) ?? this.held.get(sealOf(token));
    return place?.name === name ? place : undefined;
  }

  private enter(place: DflockdPlace): DflockdPlace {
    this.places++;
    this.keys.enter(place.key);
    place.owner.add(place);
    return place;
  }

  private unqueue(place: DflockdPlace): void {
    if (!place.isQueued) return;
    place.isQueued = false;
    place.key.waiters--;
  }
}
