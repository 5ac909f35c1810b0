import { type Subject } from 'rxjs';
import type { Bound, Bounds, Grant, Revocation } from '../../../contract/backend.js';
import type { Runtime } from '../../../contract/time.js';
import type { Api } from '../wire/api.js';
import { NameQueue, type Claim } from '../sessions/name-queue.js';
import { endOf, Held, type OctoStoreSession } from '../sessions/session.js';
import { Sessions } from '../sessions/sessions.js';

export interface OctoStoreBookOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  /** Milliseconds. */
  readonly sessionTtl: number;
  readonly revoked$: Subject<Revocation>;
}

/** What this client holds: the credentials of each grant, the sessions they hang on, and whose turn it is at each name. */
export class OctoStoreBook {
  readonly sessions: Sessions;
  readonly queue: NameQueue<Held>;
  private readonly entries = new WeakMap<Grant, Held>();
  private readonly runtime: Runtime;

  constructor({ api, runtime, sessionTtl, revoked$ }: OctoStoreBookOptions) {
    this.runtime = runtime;
    const lost = (held: readonly Held[], revocation: Revocation): void => {
      for (const one of held) one.over = true;
      if (held.length > 0) revoked$.next(revocation);
      for (const { claim } of held) this.queue.leave(claim);
    };
    this.sessions = new Sessions({ api, runtime, ttl: sessionTtl, lost });
    this.queue = new NameQueue(runtime, (claim) => {
      this.overdue(claim);
    });
  }

  /** What belongs to a grant; `undefined` for a grant that is not ours any more, or never was. */
  find(grant: Grant | undefined): Held | undefined {
    const held = grant === undefined ? undefined : this.entries.get(grant);
    // A session that ended by itself told nobody.
    if (held?.session.gone === true) this.settle(held);
    return held === undefined || held.over ? undefined : held;
  }

  enter(grant: Grant, leaseId: string, session: OctoStoreSession, claim: Claim<Held>, bound: Bound): Held {
    const held = new Held(grant, leaseId, session, claim, bound);
    claim.held = held;
    this.entries.set(grant, held);
    return held;
  }

  /** What the core is told that it hangs on. */
  tell(held: Held): Bounds {
    const { bound, session, claim, told } = held;
    told.lock = bound.sentAt;
    told.session = session.bound.sentAt;
    claim.endsAt = Math.min(endOf(bound), endOf(session.bound));
    return [bound, session.bound];
  }

  /** The service has confirmed that it is not ours: the next may have it. */
  settle(held: Held): void {
    if (held.over) return;
    held.over = true;
    // What a weak map forgets by itself stays until a full garbage collection, and makes every one slower until then.
    this.entries.delete(held.grant);
    held.session.held.delete(held);
    this.queue.leave(held.claim);
    this.sessions.dropped(held);
  }

  /** It is another client's from now on, and its session is shared with that. */
  handOn(held: Held): void {
    held.over = true;
    this.entries.delete(held.grant);
    held.session.held.delete(held);
    this.sessions.share(held.session);
    this.queue.leave(held.claim);
  }

  /** It is on its way back, but nobody knows whether it arrived: whoever is next does so under another session. */
  unconfirmed(held: Held, after: number): void {
    if (held.over) return;
    const { session } = held;
    session.held.delete(held);
    session.unreturnedUntil = Math.max(session.unreturnedUntil, endOf(held.bound));
    this.sessions.retire(session, after);
    this.queue.leave(held.claim);
  }

  /** Something may have been granted under this session that nobody knows of. */
  suspect(session: OctoStoreSession, name: string, ttl: number, after: number): void {
    if (!session.gone) session.suspects.set(name, this.runtime.clock.elapsed() + after + ttl);
    this.sessions.retire(session, after);
  }

  /** Its holder let it run out. A release that comes late must not meet a lease that was given to somebody else. */
  private overdue({ held }: Claim<Held>): void {
    if (held === undefined || held.over) return;
    held.over = true;
    held.session.held.delete(held);
    this.sessions.retire(held.session);
  }
}
