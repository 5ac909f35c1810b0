import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import { AcquireAsk, type AcquireContext } from '../locks/acquire-ask.js';
import { heldSignal } from '../locks/acquire-signals.js';
import { RedisGrant } from '../locks/redis-grant.js';
import { readShown } from '../locks/shown.js';
import { listOf } from '../wire/list-of.js';
import type { Reply } from '../wire/port.js';

const GRANTED = 1;

/** One attempt to get a plain lock: one question. */
export class PlainAcquiring extends AcquireAsk {
  readonly keys: readonly string[];
  readonly args: readonly string[];

  constructor(request: AcquireRequest, sink: Subscriber<AcquireSignal>, context: AcquireContext, settled: () => void) {
    const { owners, keys } = context.desk;
    const owner = owners.next();
    super(request, sink, context, { owner, need: 'x' }, settled);
    this.keys = keys.all(request.name, 'lock');
    this.args = [owner, String(request.ttl)];
  }

  start(): void {
    this.askBy(this.context.desk.verbs.acquire);
  }

  protected read(reply: Reply, sentAt: number, isReplicated: boolean): void {
    const { name, holder } = this.request;
    if (reply === GRANTED)
      this.granted(new RedisGrant(name, holder, undefined, undefined, this.title, true), sentAt, isReplicated);
    else if (!this.isDone)
      this.finish(heldSignal(this.context.desk.clock, readShown(undefined), Number(listOf(reply)[0])));
  }
}
