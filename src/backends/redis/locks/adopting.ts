import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import type { Reply } from '../wire/port.js';
import { AcquireAsk, type AcquireContext } from './acquire-ask.js';
import { lost } from './lost.js';
import { kindOf, RedisGrant, textOf } from './redis-grant.js';

/** A lock that was handed on: who had it, what of it, and its metadata. */
export interface Handed {
  readonly owner: string;
  readonly need: string;
  readonly metadata: string | undefined;
}

/** One attempt to adopt a lock: one question. */
export class Adopting extends AcquireAsk {
  override readonly what = 'adopt';
  readonly keys: readonly string[];
  readonly args: readonly string[];
  private readonly metadata: string | undefined;

  constructor(
    { owner, need, metadata }: Handed,
    request: AcquireRequest,
    sink: Subscriber<AcquireSignal>,
    context: AcquireContext,
    settled: () => void,
  ) {
    const { owners, keys } = context.desk;
    super(request, sink, context, { owner: owners.next(), need }, settled);
    this.metadata = metadata;
    this.keys = keys.all(request.name, kindOf(need));
    this.args = [owner, this.title.owner, need, String(this.whole), textOf(request.holder, metadata)];
  }

  /** Whoever has left it all the same gives the lock back, as nobody else may know of it. */
  override get isUnwanted(): boolean {
    return false;
  }

  start(): void {
    const { outbox, verbs } = this.context.desk;
    outbox.add(verbs.adopt, this);
  }

  protected read(reply: Reply, sentAt: number, isReplicated: boolean): void {
    if (typeof reply !== 'string') {
      this.fail(lost(this));
      return;
    }
    const { name, holder } = this.request;
    const token = this.tokenIn(reply);
    if (token === undefined) return;
    this.granted(new RedisGrant(name, holder, this.metadata, token, this.title, true), sentAt, isReplicated, true);
  }
}
