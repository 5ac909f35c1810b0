import { Observable, Subscription, type Observer, type Subscriber } from 'rxjs';
import type { AcquireSignal, Bounds, Grant } from '../contract/backend.js';
import { LockNetworkError } from '../contract/errors.js';
import type { LockEvent } from '../contract/lease.js';
import type { LockRequest } from '../core/lock-request.js';
import { areSound } from '../keeping/bounds.js';
import { HeldLease } from '../lease/held-lease.js';
import { isGranted } from '../values/is-granted.js';
import { Refusal } from './refusal.js';

type Granted = Extract<AcquireSignal, { readonly type: 'granted' }>;
type Queued = Extract<AcquireSignal, { readonly type: 'queued' }>;

/** Who asks. */
export interface Asker {
  readonly request: LockRequest;
  readonly sink: Subscriber<LockEvent>;
  /** Does it still want the lock? Asking is what notices a stop, a cancellation or the closing of the locks. */
  wants(): boolean;
  /** The service remembers us. */
  queued(signal: Queued): void;
}

/** What an attempt ends in: the lease, which is not announced yet, or an error that is a `Refusal`. */
export type Outcome = Pick<Observer<HeldLease>, 'next' | 'error'>;

/** An attempt as a stream. It does not complete. */
export function attempt$(asker: Asker): Observable<HeldLease> {
  return new Observable((sink) => new Attempt(asker, sink).start());
}

/** Asks the service once. Its first answer counts, and ends the attempt; what is granted besides goes back. */
export class Attempt implements Observer<AcquireSignal> {
  private asking: Subscription | undefined;
  private isOver = false;
  private grant: Grant | undefined;

  constructor(
    private readonly asker: Asker,
    private readonly outcome: Outcome,
  ) {}

  start(): Subscription {
    const { request } = this.asker;
    const { core } = request;
    core.releases.hasten(request.title);
    try {
      this.asking = request.ask().subscribe(this);
    } catch (error) {
      this.error(error);
    }
    const { asking = Subscription.EMPTY } = this;
    if (this.isOver) asking.unsubscribe();
    return asking;
  }

  next(signal: AcquireSignal): void {
    if (this.isOver) this.late(signal);
    else if (signal?.type === 'queued') this.asker.queued(signal);
    else this.end(signal);
  }

  error(failure: unknown): void {
    if (!this.isOver) this.refuse(failure);
  }

  complete(): void {
    // An error is costly to make, and this is the ordinary end of an attempt.
    if (!this.isOver) this.refuse(new LockNetworkError('the service ended the attempt without an answer'));
  }

  private end(signal: Exclude<AcquireSignal, Queued>): void {
    this.isOver = true;
    if (isGranted(signal)) this.take(signal);
    else if (signal?.type === 'held') this.outcome.error(Refusal.held(signal));
    else this.refuse(new LockNetworkError('the service answered in a way that makes no sense'));
    this.asking?.unsubscribe();
  }

  private refuse(failure: unknown): void {
    this.isOver = true;
    this.outcome.error(Refusal.failed(failure));
  }

  /** Nobody asked for two: the second is nobody's. */
  private late(signal: AcquireSignal): void {
    if (isGranted(signal) && signal.grant !== this.grant) this.asker.request.stray(signal.grant);
  }

  private take({ grant, bounds, confirm = false }: Granted): void {
    const { asker } = this;
    const { request, sink } = asker;
    const { core, ttl, options } = request;
    this.grant = grant;
    if (!asker.wants()) {
      request.stray(grant);
      return;
    }
    const now = core.runtime.clock.elapsed();
    if (!isSound(grant) || !(confirm || areSound(bounds, now))) {
      this.giveBack(grant, 'the service granted the lock in a way that makes no sense');
      return;
    }
    const isDoubtful = confirm || isOld(bounds, now);
    const lease = new HeldLease(request, sink, grant, now);
    core.keeper.add(lease, confirm ? [{ sentAt: now, ttl }] : bounds, options.renew || isDoubtful, now, confirm);
    if (lease.deadline <= now) {
      core.keeper.remove(lease);
      this.giveBack(grant, 'the grant came after its time was over');
    } else if (isDoubtful) this.confirm(lease);
    else this.outcome.next(lease);
  }

  /** The service must say that it stands, before anybody is told. */
  private confirm(lease: HeldLease): void {
    const { asker } = this;
    lease.confirm({
      confirmed: () => {
        // Its teardown gives it back.
        if (!asker.wants()) return;
        lease.stand();
        this.outcome.next(lease);
      },
      failed: (reason, cause) => {
        this.refuse(asker.request.unconfirmed(reason, cause));
      },
    });
  }

  private giveBack(grant: Grant, why: string): void {
    this.asker.request.stray(grant);
    this.refuse(new LockNetworkError(why));
  }
}

/** Is more than half of any of its times over? */
function isOld(bounds: Bounds, now: number): boolean {
  for (const { sentAt, ttl } of bounds) if (now - sentAt > ttl / 2) return true;
  return false;
}

/** A backend may be anybody's: a token that is no `bigint` compares with nothing. */
function isSound({ fencingToken }: Grant): boolean {
  return fencingToken === undefined || typeof fencingToken === 'bigint';
}
