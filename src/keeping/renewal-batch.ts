import { Observable, type Observer, type Subscriber } from 'rxjs';
import type { LockBackend, Renewal } from '../contract/backend.js';
import { LockNetworkError } from '../contract/errors.js';
import { asked } from '../values/asked.js';
import { traced$ } from '../values/trace.js';
import { traceChannels } from '../values/trace-channels.js';
import type { Kept } from './kept.js';

/** What the service said of one member of a batch. */
export interface Answer {
  readonly kept: Kept;
  readonly batch: RenewalBatch;
  readonly renewal: Renewal;
}

/** One request for the renewal of several leases. It stays open for late answers until none of them waits any more. */
export class RenewalBatch implements Observer<Renewal> {
  private sink: Subscriber<Answer> | undefined;
  private open: number;

  constructor(private readonly members: (Kept | undefined)[]) {
    this.open = members.length;
  }

  /** Sends it, once, and emits an answer for each member that has not left. What is unanswered in the end is `unknown`. */
  answers$(backend: Pick<LockBackend, 'renew'>): Observable<Answer> {
    return new Observable((sink) => {
      this.sink = sink;
      const members = this.members as Kept[];
      const grants = members.map((kept) => kept.grant);
      const ttls = members.map((kept) => kept.ttl);
      const answers$ = asked(() => backend.renew(grants, ttls));
      sink.add(traced$(traceChannels().renew, grants, answers$).subscribe(this));
    });
  }

  /** One member less waits for an answer. */
  leave(): void {
    // Those who leave before it was sent are told nothing: their answers find nobody.
    if (--this.open === 0) this.sink?.complete();
  }

  next(renewal: Renewal | null | undefined): void {
    // What is no answer is nobody's. A backend may be anybody's.
    if (renewal === null || renewal === undefined) return;
    const { index } = renewal;
    const kept = this.members[index];
    if (kept === undefined) return;
    this.members[index] = undefined;
    this.sink?.next({ kept, batch: this, renewal });
  }

  error(cause: unknown): void {
    for (let index = 0; index < this.members.length; index++) this.next({ index, outcome: 'unknown', cause });
    this.sink?.complete();
  }

  complete(): void {
    if (this.open > 0) this.error(new LockNetworkError('the renewal was not answered'));
    else this.sink?.complete();
  }
}
