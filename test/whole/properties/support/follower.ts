import { Subject, type Subscription } from 'rxjs';
import { expect } from 'vitest';
import { retain, type Retention } from '../../../../src/contract/retention.js';
import type { Locks } from '../../../../src/contract/locks.js';
import type { Lease, LockEvent } from '../../../../src/contract/lease.js';
import type { LockOptions } from '../../../../src/contract/options.js';
import { GRAMMAR, LETTERS } from './words.js';
import type { World } from './world.js';

/** Of every lock here. Milliseconds. */
export const TTL = 10_000;

/** Options of a lock, as a script writes them. */
export interface Wishes extends LockOptions {
  /** Does work go on after the end of the subscription, until the script stops it? */
  readonly keep?: boolean;
  /** Can the script call the wait for it off? */
  readonly cancels?: boolean;
}

/** A subscription to a lock, and all that may be checked about it. */
export class Follower {
  readonly until = new Subject<void>();
  readonly canceller = new AbortController();
  word = '';
  lease: Lease | undefined;
  retention: Retention | undefined;
  readonly subscription: Subscription;
  private deadline = 0;
  private deadlineOf: Lease | undefined;

  constructor(
    locks: Locks<bigint>,
    name: string,
    private readonly options: Wishes,
    private readonly world: World,
  ) {
    const { keep = false, cancels = false, ...rest } = options;
    const signal = cancels ? this.canceller.signal : undefined;
    this.subscription = locks.lock$(name, TTL, { ...rest, until: this.until, signal }).subscribe({
      next: (event) => {
        this.word += LETTERS[event.type];
        this.hear(event, keep);
      },
      error: () => {
        this.word += 'e';
      },
      complete: () => {
        this.word += 'c';
      },
    });
  }

  check(): void {
    expect(this.word).toMatch(GRAMMAR);
    // A released lock ends its stream; a lost one does, unless it is to be taken again.
    if (this.options.onLost !== 'reacquire') expect(this.word).not.toMatch(/l[^ce]|l$/);
    if (this.options.onLost === 'error') expect(this.word).not.toMatch(/lc/);
    const { lease } = this;
    if (lease === undefined) return;
    const now = this.world.clock.elapsed();
    const remaining = lease.remaining();
    expect(lease.isHeld).toBe(remaining > 0);
    if (remaining === 0) return;
    const deadline = now + remaining;
    // Never believed for longer than the service confirmed, counted from when it was asked.
    const limit = this.world.known(lease).limit;
    expect(deadline).toBeLessThanOrEqual(limit);
    // It moves back only to where the service itself has put it.
    if (this.deadlineOf === lease) expect(deadline).toBeGreaterThanOrEqual(Math.min(this.deadline, limit));
    this.deadline = deadline;
    this.deadlineOf = lease;
  }

  /** As a user does it by hand. */
  giveBack(): void {
    if (this.lease === undefined) return;
    this.world.known(this.lease).works = false;
    void this.lease.release();
  }

  /** Works until the script says that it has stopped, or that it will not. */
  private work(lease: Lease): Retention {
    const known = this.world.known(lease);
    known.works = true;
    const retention = retain(lease);
    return {
      ...retention,
      release() {
        known.works = false;
        retention.release();
      },
    };
  }

  private hear(event: LockEvent, keep: boolean): void {
    if (event.type === 'acquired') {
      this.lease = event.lease;
      // The work of the lease before has stopped, or there would be none of this one.
      this.retention?.release();
      this.retention = keep ? this.work(event.lease) : undefined;
      this.world.known(event.lease).staysUntil = this.world.clock.elapsed() + Number(this.options.minHold ?? 0);
      this.world.must(event.lease.remaining() > 0, 'nobody is told of a lock that is over already');
    } else if (event.type !== 'waiting') {
      this.world.must(event.lease === this.lease, 'an event is about the lease that was acquired last');
      const isOver = event.type === 'lost' || (event.type === 'released' && !keep);
      this.world.must(!isOver || !event.lease.isHeld, 'a lease is not held when its end is told');
    }
  }
}
