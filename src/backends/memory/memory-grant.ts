import type { Subscriber } from 'rxjs';
import { Place, type Owner } from '../../table/place.js';
import type { AcquireRequest, AcquireSignal, Grant } from '../../contract/backend.js';
import type { Clock } from '../../contract/time.js';

/** Whose a grant is, as it knows him. */
export interface GrantOwner extends Owner {
  readonly clock: Clock;
}

/** An attempt, then a grant: the table's place is both, so a held lock costs one object. */
export class MemoryGrant extends Place<AcquireRequest> implements Grant {
  declare owner: GrantOwner;
  /** What whoever goes on with it must know, once it was let go of: few are. */
  declare private secret: string | undefined;
  /** Who goes on with it. */
  declare private adopter: string | undefined;
  /** Who waits for the answer; none once it is given. */
  declare private subscriber: Subscriber<AcquireSignal> | undefined;

  constructor(request: AcquireRequest, owner: GrantOwner, subscriber: Subscriber<AcquireSignal>) {
    super(request, owner);
    this.subscriber = subscriber;
  }

  override get holder(): string | undefined {
    return this.adopter ?? this.ask.holder;
  }

  /** Nobody has it until somebody comes for it. @returns The secret. */
  letGo(): string {
    const { clock } = this.owner;
    this.owner = { clock, ended: () => undefined };
    const parts = crypto.getRandomValues(new Uint32Array(4));
    return (this.secret = Array.from(parts, (part) => part.toString(36)).join('-'));
  }

  /** Was it let go of for whoever knows this, and has not run out since? */
  isFor(secret: string): boolean {
    return this.state === 'held' && this.secret === secret;
  }

  /** Somebody else goes on with it. Once: whoever comes second finds nothing. */
  adoptedBy(owner: GrantOwner, holder: string): void {
    this.owner = owner;
    this.adopter = holder;
    this.secret = undefined;
  }

  granted(): void {
    this.hand(this.owner.clock.elapsed());
  }

  /**
   * Hands itself to the subscriber.
   *
   * @param sentAt When it was asked for, if it was granted at once; else when it was granted: no message takes time here.
   */
  hand(sentAt: number): void {
    const { subscriber, ask } = this;
    this.subscriber = undefined;
    if (subscriber === undefined || subscriber.closed) {
      ask.stray(this);
      return;
    }
    subscriber.next({ type: 'granted', grant: this, bounds: [{ sentAt, ttl: ask.ttl }] });
    subscriber.complete();
  }

  /** Turns the waiter away. */
  fail(error: unknown): void {
    const { subscriber } = this;
    this.unsubscribe();
    subscriber?.error(error);
  }

  /** Leaves the queue. Called by RxJS. */
  unsubscribe(): void {
    this.table?.leave(this);
  }
}
