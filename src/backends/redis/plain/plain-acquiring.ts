import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Desk } from '../locks/desk.js';
import type { Doubts, Known } from '../locks/doubts.js';
import type { Ask } from '../locks/outbox.js';
import { RedisGrant } from '../locks/redis-grant.js';
import { listOf } from '../wire/list-of.js';
import type { Reply } from '../wire/port.js';

const GRANTED = 1;
const NEED = 'x';

/** One attempt to get a plain lock: one question. */
export class PlainAcquiring implements Ask {
  readonly what = 'acquire the lock';
  spot = -1;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  private readonly owner: string;
  /** It was sent, and is not answered. */
  private isSent = false;
  private isOver = false;
  /** Only if it was not waited for: its answer is there. */
  private known: Known | undefined;

  /** @param ended Called once nothing of it can come any more. */
  constructor(
    private readonly request: AcquireRequest,
    private readonly sink: Subscriber<AcquireSignal>,
    private readonly desk: Desk,
    private readonly doubts: Doubts,
    private readonly ended: () => void,
  ) {
    this.owner = desk.owners.next();
    this.keys = desk.keys.all(request.name, 'lock');
    this.args = [this.owner, String(request.ttl)];
  }

  get name(): string {
    return this.request.name;
  }

  get isUnwanted(): boolean {
    return this.isOver || this.sink.closed;
  }

  start(): void {
    const { outbox, verbs } = this.desk;
    this.sink.add(() => {
      if (!this.isSent) this.ended();
    });
    outbox.add(verbs.acquire, this);
  }

  sent(): void {
    this.isSent = true;
  }

  answered(reply: Reply, sentAt: number, isReplicated: boolean): void {
    this.isSent = false;
    this.ended();
    this.known?.();
    if (reply === GRANTED) this.granted(sentAt, isReplicated);
    else if (!this.isUnwanted) this.held(Number(listOf(reply)[0]));
  }

  failed(error: LockError, isSent: boolean): void {
    this.isSent = false;
    this.ended();
    if (isSent && this.known === undefined) this.doubt(true);
    this.fail(error);
  }

  /** Nothing is asked any more, and nobody can be told what is answered. */
  turnAway(error: LockError): void {
    if (this.isSent) this.doubt(true);
    this.fail(error);
  }

  private fail(error: LockError): void {
    if (this.isUnwanted) return;
    this.isOver = true;
    this.sink.error(error);
  }

  private granted(sentAt: number, isReplicated: boolean): void {
    const { name, ttl, holder } = this.request;
    if (!isReplicated) {
      this.doubt(false);
      this.fail(new LockNetworkError(`too few replicas have the lock '${name}' in time; it was given back`, { name }));
      return;
    }
    const grant = new RedisGrant(name, holder, undefined, undefined, { owner: this.owner, need: NEED }, true);
    if (this.isUnwanted) this.request.stray(grant);
    else this.finish({ type: 'granted', grant, bounds: [{ sentAt, ttl }] });
  }

  private held(left: number): void {
    const isKnown = left > 0;
    this.finish({
      type: 'held',
      retryAfter: isKnown ? left : undefined,
      expiresAt: isKnown ? Math.floor(this.desk.clock.date() + left) : undefined,
    });
  }

  private finish(signal: AcquireSignal): void {
    this.isOver = true;
    this.sink.next(signal);
    this.sink.complete();
  }

  private doubt(isUnanswered: boolean): void {
    this.known = this.doubts.add(this.name, { owner: this.owner, need: NEED }, this.request.ttl, isUnanswered);
  }
}
