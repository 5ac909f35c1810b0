import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import type { Reply } from '../wire/port.js';
import type { Desk } from './desk.js';
import type { Doubts, Known } from './doubts.js';
import { lost } from './lost.js';
import type { Ask } from './outbox.js';
import { kindOf, RedisGrant, textOf, type Title } from './redis-grant.js';
import { tokenOf } from './token-of.js';

/** A lock that was handed on: who had it, what of it, and its metadata. */
export interface Handed {
  readonly owner: string;
  readonly need: string;
  readonly metadata: string | undefined;
}

/** One attempt to adopt a lock: one question. */
export class Adopting implements Ask {
  readonly what = 'adopt the lock';
  spot = -1;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  private readonly title: Title;
  /** It was sent, and is not answered. */
  private isSent = false;
  private known: Known | undefined;

  /** @param settled Called once nothing of it can come any more. */
  constructor(
    private readonly handed: Handed,
    private readonly request: AcquireRequest,
    private readonly sink: Subscriber<AcquireSignal>,
    private readonly desk: Desk,
    private readonly doubts: Doubts,
    private readonly settled: () => void,
  ) {
    const { owner, need, metadata } = handed;
    this.title = { owner: desk.owners.next(), need };
    this.keys = desk.keys.all(request.name, kindOf(need));
    this.args = [owner, this.title.owner, need, String(this.whole), textOf(request.holder, metadata)];
  }

  get name(): string {
    return this.request.name;
  }

  start(): void {
    const { outbox, verbs } = this.desk;
    outbox.add(verbs.adopt, this);
  }

  sent(): void {
    this.isSent = true;
  }

  answered(reply: Reply, sentAt: number): void {
    this.settle();
    this.known?.();
    if (typeof reply !== 'string') {
      this.fail(lost(this.name));
      return;
    }
    const token = tokenOf(reply);
    if (token === undefined) {
      this.doubt(false);
      this.fail(this.desk.calls.nonsense(this.keys[0]));
    } else this.granted(token, sentAt);
  }

  failed(error: LockError, isSent: boolean): void {
    this.settle();
    if (isSent && this.known === undefined) this.doubt(true);
    this.fail(error);
  }

  turnAway(error: LockError): void {
    if (this.isSent) this.doubt(true);
    this.fail(error);
  }

  private granted(token: bigint, sentAt: number): void {
    const { name, holder, ttl } = this.request;
    const grant = new RedisGrant(name, holder, this.handed.metadata, token, this.title, true);
    if (this.sink.closed) this.request.stray(grant);
    else this.desk.tracking?.add(grant, sentAt);
    this.sink.next({ type: 'granted', grant, bounds: [{ sentAt, ttl }], confirm: true });
    this.sink.complete();
  }

  private fail(error: LockError): void {
    if (!this.sink.closed) this.sink.error(error);
  }

  private settle(): void {
    this.isSent = false;
    this.settled();
  }

  private get whole(): number {
    return this.request.ttl + this.desk.lockDelay;
  }

  private doubt(isUnanswered: boolean): void {
    this.known = this.doubts.add(this.name, this.title, this.whole, isUnanswered);
  }
}
