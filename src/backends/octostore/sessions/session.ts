import type { Bound, Grant } from '../../../contract/backend.js';
import type { Claim } from './name-queue.js';

/** What the service granted, with the credentials that the grant itself must not carry, and nothing that prints shows. */
export class Held {
  /** It is not ours any more, as far as anybody needs to ask. */
  over = false;
  /** Send times of the bounds that the core knows of. */
  readonly told = { lock: 0, session: 0 };

  readonly #leaseId: string;

  constructor(
    readonly grant: Grant,
    leaseId: string,
    readonly session: OctoStoreSession,
    readonly claim: Claim<Held>,
    /** The lock's own. */
    public bound: Bound,
  ) {
    this.#leaseId = leaseId;
    session.held.add(this);
  }

  get leaseId(): string {
    return this.#leaseId;
  }
}

/** A session of the service's: when it ends, all of its locks do. */
export class OctoStoreSession {
  /** What is held under it and has not begun to go. */
  readonly held = new Set<Held>();
  /** Names that may have been granted without anybody knowing, and until when, on `clock.elapsed`. */
  readonly suspects = new Map<string, number>();
  /** Until when something may be left there that was given back unanswered, on `clock.elapsed`. */
  unreturnedUntil = 0;
  /** How many attempts are under way there: what they are granted would end with it. */
  asking = 0;
  /** Locks of another client hang on it, too: it is not for this one to end it. */
  isShared = false;
  /** No new lock is taken under it. */
  retired = false;
  /** The service does not know it any more. */
  gone = false;

  readonly #id: string;

  constructor(
    id: string,
    /** When it was last confirmed, and for how long. */
    public bound: Bound,
  ) {
    this.#id = id;
  }

  get id(): string {
    return this.#id;
  }

  /** Something hangs on it, or may at any moment. */
  get isUsed(): boolean {
    return this.held.size > 0 || this.asking > 0;
  }

  /** Until when something may be there that nobody holds, on `clock.elapsed`. */
  get doubtedUntil(): number {
    return Math.max(this.unreturnedUntil, ...this.suspects.values());
  }

  get path(): string {
    return `/sessions/${encodeURIComponent(this.id)}`;
  }
}

/** When a bound ends, on `clock.elapsed`, by the service's reckoning. */
export function endOf({ sentAt, ttl }: Bound): number {
  return sentAt + ttl;
}
