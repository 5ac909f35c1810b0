import type { LockTable } from '../../table/lock-table.js';
import { answerOf, DflockdPlace } from './dflockd-place.js';
import type { DflockdSession } from './dflockd-session.js';
import { nameOf } from './key-name.js';
import type { Keys } from './keys.js';
import type { AcquireRequest, EnqueueRequest } from './request.js';
import type { Tokens } from './tokens.js';

/** How many there may be of what clients can make. Infinity: no limit. */
export interface Limits {
  /** That wait for one key. */
  readonly waiters: number;
  /** That are held or waited for, of all keys together. */
  readonly places: number;
}

/** Locks and semaphores, as this protocol has them: a lock is a semaphore of one, and both have the same names. */
export class LockDesk {
  /** By the token, which anybody may use who knows it. */
  private readonly held = new Map<string, DflockdPlace>();
  private places = 0;

  constructor(
    private readonly table: LockTable,
    readonly keys: Keys,
    private readonly limits: Limits,
    private readonly tokens: Tokens,
    /** Is what is held released when its connection closes? */
    private readonly autoRelease: boolean,
  ) {}

  /** @returns The answer; or the place that is waited for, whose `awaited` is to be set. */
  acquire(session: DflockdSession, request: AcquireRequest): string | DflockdPlace {
    const place = this.enter(session, request, request.timeout > 0);
    if (typeof place === 'string') return place;
    return place.state === 'held' ? held('ok', place) : place;
  }

  enqueue(session: DflockdSession, request: EnqueueRequest): string {
    const name = nameOf(request.key);
    const earlier = session.enqueued.get(name);
    if (earlier !== undefined && !this.isOver(earlier)) return 'error_already_enqueued';
    const place = this.enter(session, request, true);
    if (typeof place === 'string') return place;
    session.forgetExpired(name);
    session.enqueued.set(place.name, place);
    return place.state === 'held' ? held('acquired', place) : 'queued';
  }

  /** @returns As `acquire`. */
  wait(session: DflockdSession, key: string, timeout: number): string | DflockdPlace {
    const name = nameOf(key);
    const place = session.enqueued.get(name);
    // Asking the table ends what has run out, but nobody has looked.
    if (place?.state === 'held' && this.table.renew(place, place.ask.ttl)) {
      session.enqueued.delete(name);
      return held('ok', place);
    }
    if (place?.state === 'waiting') {
      if (timeout > 0) return place;
      this.leave(place);
      return 'timeout';
    }
    return session.forgetExpired(name) ? 'error_lease_expired' : 'error_not_enqueued';
  }

  renew(key: string, token: string, lease: number): string {
    const place = this.find(key, token);
    if (place === undefined || !this.table.renew(place, lease)) return 'error';
    return `ok ${String(lease / 1000)}`;
  }

  release(key: string, token: string): string {
    const place = this.find(key, token);
    if (place === undefined || !this.table.release(place)) return 'error';
    this.forget(place);
    return 'ok';
  }

  /** The client waits no longer. */
  leave(place: DflockdPlace): void {
    if (place.state !== 'waiting') return;
    place.awaited = undefined;
    this.table.leave(place);
    this.forget(place);
  }

  /** The client is gone. */
  end(session: DflockdSession): void {
    // What it enqueued for and may never have heard of is given back whatever the setting: nobody else knows the token.
    const enqueued = new Set(session.enqueued.values());
    for (const place of enqueued) this.leave(place);
    const gone = session.end(this.table, (place) => !this.autoRelease && !enqueued.has(place as DflockdPlace));
    for (const place of gone) this.forget(place as DflockdPlace);
  }

  /** @internal */
  granted(place: DflockdPlace): void {
    this.unqueue(place);
    this.seat(place);
    const { awaited, owner } = place;
    if (awaited === undefined) return;
    place.awaited = undefined;
    if (owner.enqueued.get(place.name) === place) owner.enqueued.delete(place.name);
    awaited(place);
  }

  /** @internal */
  taken(place: DflockdPlace): void {
    if (place.owner.enqueued.get(place.name) === place) place.owner.expire(place.name);
    this.forget(place);
  }

  /** Has it run out, even if nobody has looked? */
  private isOver({ state, due }: DflockdPlace): boolean {
    return state === 'held' && due <= this.keys.now();
  }

  private enter(
    session: DflockdSession,
    { key, limit, lease }: AcquireRequest | EnqueueRequest,
    wait: boolean,
  ): DflockdPlace | string {
    const found = this.keys.obtain(nameOf(key), limit);
    if (typeof found === 'string') return found;
    if (this.places >= this.limits.places) return 'error_max_locks';
    const ask = { name: found.name, ttl: lease, limit: limit === 1 ? undefined : limit };
    const place = new DflockdPlace(ask, session, found, this);
    this.add(place);
    let answer = this.table.acquire(place, false);
    if (answer === 'held' && place.state === 'idle') {
      const isFull = found.waiters >= this.limits.waiters;
      if (isFull || !wait) {
        this.forget(place);
        return isFull ? 'error_max_waiters' : 'timeout';
      }
      place.isQueued = true;
      found.waiters++;
      answer = this.table.acquire(place, true);
      if (answer === 'queued') return place;
      this.unqueue(place);
    }
    if (answer === 'granted') {
      this.seat(place);
      return place;
    }
    // Unless it was granted and taken away within that call.
    if (place.state === 'idle') this.forget(place);
    return answer === 'limit-mismatch' ? 'error_limit_mismatch' : 'timeout';
  }

  private add(place: DflockdPlace): void {
    this.places++;
    this.keys.enter(place.key);
    place.owner.add(place);
  }

  private seat(place: DflockdPlace): void {
    place.credential = this.tokens.next();
    this.held.set(place.credential, place);
  }

  private unqueue(place: DflockdPlace): void {
    if (!place.isQueued) return;
    place.isQueued = false;
    place.key.waiters--;
  }

  private forget(place: DflockdPlace): void {
    this.unqueue(place);
    const { owner, key, credential, name } = place;
    this.places--;
    this.keys.leave(key);
    this.held.delete(credential);
    owner.remove(place);
    if (owner.enqueued.get(name) === place) owner.enqueued.delete(name);
  }

  private find(key: string, token: string): DflockdPlace | undefined {
    const name = nameOf(key);
    this.keys.touch(name);
    const place = this.held.get(token);
    return place?.name === name ? place : undefined;
  }
}

function held(word: string, place: DflockdPlace): string {
  return `${word} ${answerOf(place)}`;
}
