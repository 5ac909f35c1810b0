import type { AfterLoss } from '../contract/after-loss.js';
import type { ReplaySubject, Subscription } from 'rxjs';
import type { DetachedEvent, LostEvent, LostReason, ReleasedEvent } from '../contract/lease.js';
import type { Trace } from '../values/trace.js';
import type { Stop } from '../core/stop.js';
import type { Detaching } from './detaching.js';
import type { Extensions } from './extensions.js';
import type { Timeout } from '../values/timeouts.js';

let counter = 0;

/** Whoever waits for a grant to be confirmed. */
export interface Confirmation {
  confirmed(): void;
  failed(reason: LostReason, cause: unknown): void;
}

/** What most leases never need, made when it is. */
export class LeaseExtras {
  readonly number = ++counter;
  controller: AbortController | undefined;
  ended: ReplaySubject<LostEvent | ReleasedEvent | DetachedEvent> | undefined;
  /** The event that ended it, if anybody was there to be told. */
  end: LostEvent | ReleasedEvent | DetachedEvent | undefined;
  /** What is to be told once that is over which is being told now. */
  untold: (() => void)[] | undefined;
  /** What a caller of `release()` waits for, and what ends that. */
  release: Promise<void> | undefined;
  answered: (() => void) | undefined;
  /** When its caller is let go. */
  patience: Timeout | undefined;
  /** Milliseconds: another ttl than it was asked for with. */
  ttl: number | undefined;
  /** Made for who wants it renewed. */
  extensions: Extensions | undefined;
  /** Until it stands, if that is not sure. */
  confirmation: Confirmation | undefined;
  /** While it is being handed on. */
  detaching: Detaching | undefined;
  /** Until when a renewal that was not answered may still arrive, on `clock.elapsed`. */
  unsettledUntil = -Infinity;
  /** Why it was not confirmed, since it was last. */
  failure: Error | undefined;
  /** That was told last. */
  isUncertain = false;
  /** What was confirmed by that, on `clock.elapsed`, is told, and a newer attempt was under way. */
  toldFor: number | undefined;
  /** Of its `maxHold`, and of its `minHold` after that. */
  timer: Subscription | undefined;
  /** For those who watch the channel `rxlock:hold`. */
  trace: Trace<object> | undefined;
  /** The `until` of its subscriber. */
  stop: Stop | undefined;
  /** Made for whoever asks what follows a loss. */
  after: AfterLoss | undefined;
  /** How many keep it past the end of its subscription, and how many of those have given up on their work. */
  retentions = 0;
  abandoned = 0;
  /** It has expired, and goes back when the last of them has let go. */
  isOwed = false;
  keepFor = 0;
}
