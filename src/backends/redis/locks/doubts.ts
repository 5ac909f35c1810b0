import type { LockError } from '../../../contract/errors.js';
import type { Reply } from '../wire/port.js';
import type { Kind } from '../../../values/kind-of.js';
import type { Timeout } from '../../../values/timeouts.js';
import type { Desk } from './desk.js';
import type { Ask } from './outbox.js';
import { kindOf, RedisGrant, type Title } from './redis-grant.js';

/** How long after a failure it is tried again. Milliseconds. */
const AGAIN = 500;

/** Something is answered after all: nothing that is asked for can be granted any more. */
export type Known = () => void;

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
  add(name: string, title: Title, ttl: number, isUnanswered: boolean): Known {
    const { clock, timeout } = this.desk;
    const now = clock.elapsed();
    return this.put(name, title, ttl, isUnanswered ? now + timeout : now);
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
      if (grant.isGivenUp) this.put(grant.name, RedisGrant.titleOf(grant), ttl, until);
    });
    this.repeated.add(repeated);
    this.desk.timeouts.set(repeated, until);
  }

  /** Resolves when nothing is in doubt any more, or the service does not answer. After that nothing is tried. */
  async close(): Promise<void> {
    for (const repeated of this.repeated) {
      this.desk.timeouts.clear(repeated);
      repeated.ring();
    }
    // What is turned away meanwhile adds to it.
    while (this.open.size > 0) await Promise.all(Array.from(this.open, (doubt) => doubt.close()));
    this.isClosed = true;
  }

  private put(name: string, title: Title, ttl: number, earliest: number): Known {
    if (this.isClosed) return () => {};
    const latest = this.desk.clock.elapsed() + this.desk.timeout + ttl;
    const doubt = new Doubt(this.desk, name, title, earliest, latest, () => this.open.delete(doubt));
    this.open.add(doubt);
    doubt.ring();
    return () => {
      doubt.known();
    };
  }
}

/** A grant whose first question may still be granted. */
class Repeated implements Timeout {
  due = 0;
  position = -1;

  constructor(readonly ring: () => void) {}
}

class Doubt implements Ask, Timeout {
  readonly what = 'give back';
  readonly kind: Kind;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  due = 0;
  position = -1;
  private isAsked = false;
  private isOver = false;
  /** Only if the client is being closed: tells it that this is over. */
  private closed: (() => void) | undefined;

  constructor(
    private readonly desk: Desk,
    readonly name: string,
    { owner, need }: Title,
    /** Before this it could still be granted. */
    private earliest: number,
    /** After this it has run out. */
    private readonly latest: number,
    private readonly ended: () => void,
  ) {
    this.kind = kindOf(need);
    this.keys = desk.keys.all(name, this.kind);
    this.args = [owner, need, '0'];
  }

  get isUnwanted(): boolean {
    return this.isOver;
  }

  ring(): void {
    const { outbox, verbs } = this.desk;
    this.isAsked = true;
    outbox.add(verbs.release, this);
  }

  answered(_: Reply, sentAt: number): void {
    this.isAsked = false;
    if (sentAt >= this.earliest) this.end();
    else this.wait(this.earliest);
  }

  failed(_: LockError): void {
    this.isAsked = false;
    const now = this.desk.clock.elapsed();
    // While it can still be granted the close waits, and the connection may come back.
    if (this.closed !== undefined && now >= this.earliest) this.end();
    else this.wait(now + AGAIN);
  }

  /** It is answered: it is enough to give it back once after that. */
  known(): void {
    if (this.isOver) return;
    const now = this.desk.clock.elapsed();
    this.earliest = Math.min(this.earliest, now);
    if (!this.isAsked) this.wait(now);
  }

  /** Resolves when it is over: it is given back, or that has failed when nothing could be granted any more. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.closed = resolve;
      if (!this.isAsked) this.wait(Math.max(this.earliest, this.desk.clock.elapsed()));
    });
  }

  private end(): void {
    this.isOver = true;
    this.desk.timeouts.clear(this);
    this.ended();
    this.closed?.();
  }

  private wait(until: number): void {
    if (this.isOver) return;
    if (until > this.latest) this.end();
    else this.desk.timeouts.set(this, until);
  }
}
