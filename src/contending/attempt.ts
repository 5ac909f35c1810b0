import { Observable, Subscription, type Observer } from 'rxjs';
import type { Contender } from './contender.js';
import { LockNetworkError } from '../contract/errors.js';
import { HeldLease } from '../lease/held-lease.js';
import { Refusal } from './refusal.js';
import type { AcquireSignal, Bounds } from '../contract/backend.js';

type Granted = Extract<AcquireSignal, { readonly type: 'granted' }>;

/** What an attempt ends in. The lease is not announced yet. */
export interface Outcome {
  granted(lease: HeldLease): void;
  refused(refusal: Refusal): void;
}

/** An attempt as a stream: the lease, or an error that is a `Refusal`. */
export function attempt$(contender: Contender): Observable<HeldLease> {
  return new Observable((sink) =>
    new Attempt(contender, {
      granted(lease) {
        sink.next(lease);
        sink.complete();
      },
      refused(refusal) {
        sink.error(refusal);
      },
    }).start(),
  );
}

/** Asks the service once. */
export class Attempt implements Observer<AcquireSignal> {
  private over = false;

  constructor(
    private readonly contender: Contender,
    private readonly outcome: Outcome,
  ) {}

  start(): Subscription {
    const { request } = this.contender;
    const { core } = request;
    core.releases.hasten(request.title);
    try {
      return core.backend.acquire(request).subscribe(this);
    } catch (error) {
      this.error(error);
      return Subscription.EMPTY;
    }
  }

  next(signal: AcquireSignal): void {
    if (this.over) return;
    if (signal.type === 'queued') {
      this.contender.queued(signal);
      return;
    }
    this.over = true;
    if (signal.type === 'granted') this.grant(signal);
    else this.outcome.refused(Refusal.held(signal));
  }

  error(failure: unknown): void {
    if (this.over) return;
    this.over = true;
    this.outcome.refused(Refusal.failed(failure));
  }

  complete(): void {
    if (!this.over) this.error(new LockNetworkError('the service ended the attempt without an answer'));
  }

  private grant({ grant, bounds, confirm = false }: Granted): void {
    const { request, sink } = this.contender;
    const { core, ttl, options } = request;
    if (sink.closed || core.closed) {
      request.stray(grant);
      return;
    }
    const now = core.runtime.clock.elapsed();
    const lease = new HeldLease(request, sink, grant, now);
    core.keeper.add(lease, confirm ? [{ sentAt: now, ttl }] : bounds, options.renew, confirm);
    if (lease.deadline <= now) {
      lease.abandonUnconfirmed();
      this.outcome.refused(Refusal.failed(new LockNetworkError('the grant came after its time was over')));
    } else if (confirm || isOld(bounds, now)) this.confirm(lease);
    else this.outcome.granted(lease);
  }

  /** Too old, or of unknown age: the service must say that it stands, before anybody is told. */
  private confirm(lease: HeldLease): void {
    const { sink } = this.contender;
    sink.add(lease);
    lease.confirm({
      confirmed: () => {
        sink.remove(lease);
        this.outcome.granted(lease);
      },
      failed: (cause) => {
        sink.remove(lease);
        this.outcome.refused(Refusal.failed(new LockNetworkError('the grant could not be confirmed', { cause })));
      },
    });
  }
}

/** Is more than half of any of its times over? */
function isOld(bounds: Bounds, now: number): boolean {
  for (const { sentAt, ttl } of bounds) if (now - sentAt > ttl / 2) return true;
  return false;
}
