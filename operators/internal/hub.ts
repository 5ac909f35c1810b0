import { Observable, type Observer, type Subscriber } from 'rxjs';
import { afterLoss, type AfterLoss } from '../../src/contract/after-loss.js';
import { isEnd } from '../../src/contract/lease-end.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { endStream } from '../../src/values/end-stream.js';
import type { Failure } from '../../src/values/hold.js';
import { lossOf } from '../../src/values/loss-of.js';
import { Telling } from '../../src/values/telling.js';

/** One of those who share it. */
interface Member<E> {
  readonly sink: Subscriber<E>;
  /** Whoever asked the lease to contend again, from here to there, is behind it. */
  from: number;
  to: number;
}

/**
 * The subject of `shareLease`, one for each connection: tells everybody everything in order, and those who come late how
 * things stand.
 */
export class Hub<E extends LockEvent<unknown>> extends Observable<E> implements Observer<E> {
  private readonly members = new Set<Member<E>>();
  /** Came when the lease was over, and its end not yet told: that is nothing to them, but what follows is. */
  private readonly late = new Set<Subscriber<E>>();
  private readonly telling = new Telling<() => void>((tell) => {
    tell();
  });
  private current: E | undefined;
  /** What follows the loss of the lease that they have: known before it comes, as then it may be over already. */
  private after: AfterLoss | undefined;

  /** @param again$ For who came too late: takes the lock anew. */
  constructor(private readonly again$: () => Observable<E>) {
    super((sink) => {
      // Whoever comes while something is told has come after it.
      this.telling.tell(() => {
        this.join(sink);
      });
    });
  }

  next(event: E): void {
    // What follows the end of a lease is not decided before all of them were told.
    const told = isEnd(event) ? afterLoss(event.lease)?.putOff() : undefined;
    this.telling.tell(() => {
      try {
        this.tellAll(event);
      } finally {
        told?.();
      }
    });
  }

  error(error: unknown): void {
    this.end({ error });
  }

  complete(): void {
    this.end();
  }

  private end(failure?: Failure): void {
    this.telling.tell(() => {
      for (const { sink } of [...this.members]) endStream(sink, failure);
      this.startAgain();
    });
  }

  private join(sink: Subscriber<E>): void {
    const { current } = this;
    if (current?.type === 'acquired' && !current.lease.isHeld) {
      this.late.add(sink);
      sink.add(() => this.late.delete(sink));
      return;
    }
    const member = { sink, from: 0, to: 0 };
    this.members.add(member);
    sink.add(() => this.members.delete(member));
    if (current !== undefined) tellOne(member, current);
  }

  private tellAll(event: E): void {
    const { type } = event;
    if (isEnd(event)) this.current = undefined;
    else if (type === 'acquired' || type === 'waiting') this.joinLate();
    if (type === 'acquired') this.after = afterLoss(event.lease);
    for (const member of [...this.members]) tellOne(member, event);
    if (type === 'acquired' || type === 'waiting') this.current = event;
    if (type === 'lost') this.endOthers(event.lease);
  }

  /** The lock is taken again: they hear of it with the others. */
  private joinLate(): void {
    this.current = undefined;
    for (const sink of this.takeLate()) this.join(sink);
  }

  /** It is not. Who came before a stop is stopped by it as the others are. */
  private startAgain(): void {
    const stop = this.after?.stop;
    for (const sink of this.takeLate()) {
      if (stop?.isStopped === true) endStream(sink, stop.failure);
      else sink.add(this.again$().subscribe(sink));
    }
  }

  private takeLate(): readonly Subscriber<E>[] {
    const late = [...this.late];
    this.late.clear();
    return late;
  }

  /** Some of them have the lock taken again. For those who did not ask for that, the loss is the end that it would have been. */
  private endOthers(lease: Lease<unknown>): void {
    const { after } = this;
    if (after === undefined || after.onLost === 'reacquire' || after.follows !== 'reacquire') return;
    const members = [...this.members];
    const seekers = members.map((member) => seekersOf(member, after));
    // Somebody asked whom nobody here knows: it may be any of them.
    if (seekers.reduce((sum, count) => sum + count, 0) < after.present.size) return;
    const failure = after.onLost === 'error' ? { error: lossOf(lease) } : undefined;
    members.forEach(({ sink }, index) => {
      if (seekers[index] === 0) endStream(sink, failure);
    });
  }
}

/** How many behind a member want the lock to contend again after the loss of its lease. */
function seekersOf({ from, to }: Member<unknown>, { present }: AfterLoss): number {
  let sum = 0;
  for (let seeker = from; seeker < to; seeker++) if (present.has(seeker)) sum++;
  return sum;
}

function tellOne<E extends LockEvent<unknown>>(member: Member<E>, event: E): void {
  const after = event.type === 'acquired' ? afterLoss(event.lease) : undefined;
  if (after !== undefined) member.from = after.nextSeeker;
  member.sink.next(event);
  if (after !== undefined) member.to = after.nextSeeker;
}
