import type { LockError } from '../../../contract/errors.js';
import type { Reply } from '../wire/port.js';
import type { Timeout } from '../../../values/timeouts.js';
import type { Desk } from './desk.js';
import type { Ask } from './outbox.js';
import { kindOf, RedisGrant, type Title } from './redis-grant.js';

/** How long after a failure it is tried again. Milliseconds. */
const AGAIN = 500;

/**
 * What may be ours without our knowing it: asked for, and not answered. It is given back until the service has confirmed that after
 * the last moment at which the question could still be granted, or until it has run out.
 */
export class Doubts {
  private readonly open = new Set<Doubt>();
  private readonly repeated = new Set<Repeated>();
  private isClosed = false;

  constructor(private readonly desk: Desk) {}

  /**
   * @param ttl Milliseconds: after that there is nothing left of it.
   * @param isUnanswered What was asked for may still be granted.
   */
  add(name: string, title: Title, ttl: number, isUnanswered: boolean): void {
    if (this.isClosed) return;
    const { clock, timeout } = this.desk;
    const now = clock.elapsed();
    const earliest = isUnanswered ? now + timeout : now;
    const doubt = new Doubt(this.desk, name, title, earliest, now + timeout + ttl, () => this.open.delete(doubt));
    this.open.add(doubt);
    doubt.ring();
  }

  /**
   * Sees to it that nobody is left to have the lock who asked for it twice: his first question was taken for lost, and may still be granted, also when what the
   * second one got is over.
   *
   * @param ttl Milliseconds.
   * @param until The last moment at which the first question could be granted, on `clock.elapsed`.
   */
  watch(grant: RedisGrant, ttl: number, until: number): void {
    const repeated = new Repeated(() => {
      this.repeated.delete(repeated);
      if (grant.isGivenUp) this.add(grant.name, RedisGrant.titleOf(grant), ttl, false);
    });
    this.repeated.add(repeated);
    this.desk.timeouts.set(repeated, until);
  }

  /** Nothing is tried any more, once all that was is answered, or not to be answered. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const repeated of this.repeated) this.desk.timeouts.clear(repeated);
    await Promise.all(Array.from(this.open, (doubt) => doubt.settled));
    for (const doubt of this.open) doubt.end();
  }
}

/** A grant whose first question may still be granted. */
class Repeated implements Timeout {
  due = 0;
  position = -1;

  constructor(readonly ring: () => void) {}
}

class Doubt implements Ask, Timeout {
  readonly what = 'give back the lock';
  readonly keys: readonly string[];
  readonly args: readonly string[];
  due = 0;
  position = -1;
  /** The first try is answered, or failed. */
  readonly settled: Promise<void>;
  private settle!: () => void;
  private isOver = false;

  constructor(
    private readonly desk: Desk,
    readonly name: string,
    { owner, need }: Title,
    /** Before this it could still be granted. */
    private readonly earliest: number,
    /** After this it has run out. */
    private readonly latest: number,
    private readonly ended: () => void,
  ) {
    this.keys = desk.keys.all(name, kindOf(need));
    this.args = [owner, need, '0'];
    this.settled = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  get isUnwanted(): boolean {
    return this.isOver;
  }

  ring(): void {
    const { outbox, verbs } = this.desk;
    outbox.add(verbs.release, this);
  }

  answered(_: Reply, sentAt: number): void {
    this.settle();
    if (sentAt >= this.earliest) this.end();
    else this.wait(this.earliest);
  }

  failed(_: LockError): void {
    this.settle();
    this.wait(this.desk.clock.elapsed() + AGAIN);
  }

  end(): void {
    this.isOver = true;
    this.settle();
    this.desk.timeouts.clear(this);
    this.ended();
  }

  private wait(until: number): void {
    if (this.isOver) return;
    if (until > this.latest) this.end();
    else this.desk.timeouts.set(this, until);
  }
}
