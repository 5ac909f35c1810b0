import { Observable, Subject, type Observer, type Subscriber } from 'rxjs';
import { afterLoss } from '../../src/contract/after-loss.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { lossOf } from '../../src/values/loss-of.js';
import { Telling } from '../../src/values/telling.js';

/**
 * The subject of `shareLease`, one for each connection: tells everybody everything in order, and those who come late how
 * things stand.
 */
export class Hub<E extends LockEvent<unknown>> extends Observable<E> implements Observer<E> {
  private readonly subject = new Subject<E>();
  private readonly members = new Set<Member<E>>();
  private readonly telling = new Telling<() => void>((tell) => {
    tell();
  });
  private current: E | undefined;

  constructor() {
    super((sink) => {
      // Whoever comes while something is told has come after it.
      this.telling.tell(() => {
        this.join(sink);
      });
    });
  }

  next(event: E): void {
    this.telling.tell(() => {
      this.tellAll(event);
    });
  }

  error(error: unknown): void {
    this.telling.tell(() => {
      this.subject.error(error);
    });
  }

  complete(): void {
    this.telling.tell(() => {
      this.subject.complete();
    });
  }

  private join(sink: Subscriber<E>): void {
    const member = new Member(sink);
    this.members.add(member);
    sink.add(() => this.members.delete(member));
    sink.add(this.subject.subscribe(member));
    const { current } = this;
    if (current !== undefined && (current.type !== 'acquired' || current.lease.isHeld)) member.next(current);
  }

  private tellAll(event: E): void {
    if (event.type === 'acquired' || event.type === 'waiting') this.current = event;
    this.subject.next(event);
    if (event.type === 'lost') this.endOthers(event.lease);
  }

  /** Some of them have the lock taken again. For those who did not ask for that, the loss is the end that it would have been. */
  private endOthers(lease: Lease<unknown>): void {
    const { onLost, seekers } = afterLoss(lease) ?? { onLost: 'reacquire', seekers: 0 };
    if (onLost === 'reacquire' || seekers === 0) return;
    const members = [...this.members];
    // Somebody asked whom nobody here knows: it may be any of them.
    if (members.reduce((sum, member) => sum + member.seekers, 0) < seekers) return;
    for (const member of members) {
      if (member.seekers > 0) continue;
      if (onLost === 'error') member.error(lossOf(lease));
      else member.complete();
    }
  }
}

/** One of those who share it. */
class Member<E extends LockEvent<unknown>> implements Observer<E> {
  /** How many behind it asked the lock to contend again after the loss of its lease. */
  seekers = 0;

  constructor(private readonly sink: Subscriber<E>) {}

  next(event: E): void {
    if (event.type !== 'acquired') {
      this.sink.next(event);
      return;
    }
    const after = afterLoss(event.lease);
    const before = after?.seekers ?? 0;
    this.sink.next(event);
    this.seekers = (after?.seekers ?? 0) - before;
  }

  error(error: unknown): void {
    this.sink.error(error);
  }

  complete(): void {
    this.sink.complete();
  }
}
