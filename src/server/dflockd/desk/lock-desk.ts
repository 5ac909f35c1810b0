import type { ServerTable } from '../../../table/server-table.js';
import { answerOf, type DflockdPlace, type PlaceEvents } from './dflockd-place.js';
import type { DflockdSession } from './dflockd-session.js';
import type { EndReason } from '../../../table/place.js';
import type { ClientEvent, FrontLog } from '../../front-log.js';
import { grantStored, type GrantOutcome } from '../../grant-stored.js';
import type { FrontMeters } from '../../meters.js';
import type { ServerCore } from '../../server-core.js';
import { nameOf, showName } from './key-name.js';
import type { PlaceRegister } from './place-register.js';
import type { Promised } from './promised.js';
import type { AcquireRequest, EnqueueRequest } from '../wire/request.js';

/** Locks and semaphores, as this protocol has them: a lock is a semaphore of one, and both have the same names. */
export class LockDesk implements PlaceEvents {
  private readonly table: ServerTable;

  constructor(
    private readonly core: Pick<ServerCore, 'now' | 'records' | 'table'>,
    private readonly register: PlaceRegister,
    private readonly meters: FrontMeters,
    private readonly log: FrontLog,
    /** Is what is held released when its connection closes? */
    private readonly autoRelease: boolean,
  ) {
    this.table = core.table;
  }

  /** @returns The answer; or the place: it is held, or is waited for, and then its `awaited` is to be set. */
  acquire(session: DflockdSession, request: AcquireRequest): string | DflockdPlace {
    return this.enter(session, request, request.timeout > 0);
  }

  enqueue(session: DflockdSession, request: EnqueueRequest): string | Promised {
    const name = nameOf(request.key);
    const earlier = session.enqueued.get(name);
    if (earlier !== undefined && !this.isOver(earlier)) return 'error_already_enqueued';
    const place = this.enter(session, request, true);
    if (typeof place === 'string') return place;
    session.forgetExpired(name);
    session.enqueued.set(place.name, place);
    return place.state === 'held' ? { place, word: 'acquired' } : 'queued';
  }

  /** @returns As `acquire`. */
  wait(session: DflockdSession, key: string, timeout: number): string | DflockdPlace {
    const name = nameOf(key);
    const place = session.enqueued.get(name);
    // Asking the table ends what has run out, but nobody has looked.
    if (place?.state === 'held' && this.table.renew(place, place.ask.ttl)) {
      session.enqueued.delete(name);
      return place;
    }
    if (place?.state === 'waiting') {
      if (timeout > 0 && !this.table.isShut) return place;
      this.leave(place);
      return this.table.isShut ? 'error' : 'timeout';
    }
    return session.forgetExpired(name) ? 'error_lease_expired' : 'error_not_enqueued';
  }

  renew(key: string, token: string, lease: number): string | Promised {
    const place = this.register.find(key, token);
    if (place === undefined || !this.table.renew(place, lease)) return 'error';
    return { place, word: 'ok', lease };
  }

  /** Answers when what is promised is stored, or cannot be. @param say Gets the answer, and why it cannot be. */
  keep(promised: Promised, say: (answer: string, failure?: Error) => void): void {
    const { place, word, lease } = promised;
    const answer = (outcome: GrantOutcome): void => {
      if (outcome instanceof Error) say(this.withdraw(promised), outcome);
      else if (lease !== undefined) say(outcome === 'held' ? `ok ${String(lease / 1000)}` : 'error');
      else if (outcome === 'over') say(word === 'ok' ? 'timeout' : 'error');
      else {
        this.count(place);
        say(`${word} ${answerOf(place)}`);
      }
    };
    grantStored(this.core, place, answer, lease ?? place.ask.ttl);
  }

  release(key: string, token: string): string {
    const place = this.register.find(key, token);
    if (place === undefined || !this.table.release(place)) return 'error';
    this.register.close(place);
    this.meters.ended.add('released');
    this.tell('lock released', place);
    return 'ok';
  }

  /** The client waits no longer. */
  leave(place: DflockdPlace): void {
    if (place.state !== 'waiting') return;
    place.awaited = undefined;
    this.table.leave(place);
    this.register.close(place);
  }

  /** The client is gone. */
  end(session: DflockdSession): void {
    // What it enqueued for and may never have heard of is given back whatever the setting: nobody else knows the token.
    const enqueued = new Set(session.enqueued.values());
    for (const place of enqueued) this.leave(place);
    const gone = session.end(this.table, (place) => !this.autoRelease && !enqueued.has(place as DflockdPlace));
    for (const place of gone) {
      if ((place as DflockdPlace).credential !== '') {
        this.meters.ended.add('session');
        this.tell('lock released', place as DflockdPlace, 'session');
      }
      this.register.close(place as DflockdPlace);
    }
  }

  granted(place: DflockdPlace): void {
    this.register.seat(place);
    const { awaited, owner } = place;
    if (awaited === undefined) return;
    place.awaited = undefined;
    if (owner.enqueued.get(place.name) === place) owner.enqueued.delete(place.name);
    awaited(place);
  }

  taken(place: DflockdPlace, reason: EndReason): void {
    this.meters.ended.add(reason);
    this.tell('lock lost', place, reason);
    if (place.owner.enqueued.get(place.name) === place) place.owner.expire(place.name);
    this.register.close(place);
  }

  private tell(event: ClientEvent, { owner, name }: DflockdPlace, reason?: string): void {
    if (this.log.isOn) this.log.say(event, { client: owner.id, name: showName(name), reason });
  }

  private count(place: DflockdPlace): void {
    const { queuedAt } = place;
    this.tell('lock granted', place);
    this.meters.granted(queuedAt < 0 ? 0 : (this.core.now() - queuedAt) / 1000);
  }

  /** It cannot be stored: what was granted goes back, and what is renewed is by no more than is stored. @returns The answer. */
  private withdraw({ place, lease }: Promised): string {
    if (lease !== undefined) {
      const ttl = Math.min(lease, this.core.records.storedTtl(place));
      return this.table.renew(place, ttl) ? `ok ${String(Math.floor(ttl / 1000))}` : 'error';
    }
    if (this.table.release(place)) this.register.close(place);
    return 'error_max_locks';
  }

  /** Has it run out, even if nobody has looked? */
  private isOver({ state, due }: DflockdPlace): boolean {
    return state === 'held' && due <= this.core.now();
  }

  private enter(
    session: DflockdSession,
    request: AcquireRequest | EnqueueRequest,
    wait: boolean,
  ): DflockdPlace | string {
    const { register, table } = this;
    if (table.isShut) return 'error';
    const place = register.open(session, request, this);
    if (typeof place === 'string') return place;
    let answer = table.acquire(place, false);
    if (answer === 'held' && place.state === 'idle') {
      const isFull = register.isFull(place);
      if (isFull || !wait) {
        register.close(place);
        return isFull ? 'error_max_waiters' : 'timeout';
      }
      register.queue(place);
      answer = table.acquire(place, true);
      if (answer === 'queued') return place;
    }
    if (answer === 'granted') {
      register.seat(place);
      return place;
    }
    // Unless it was granted and taken away within that call.
    if (place.state === 'idle') register.close(place);
    return answer === 'limit-mismatch' ? 'error_limit_mismatch' : 'timeout';
  }
}
