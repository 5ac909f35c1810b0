import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import { listOf } from '../wire/list-of.js';
import type { Reply } from '../wire/port.js';
import { AcquireAsk } from './acquire-ask.js';
import { heldSignal } from './acquire-signals.js';
import { Entering, type EnteringContext } from './entering.js';
import { RedisGrant, textOf, type Title } from './redis-grant.js';
import { readShown } from './shown.js';

/** Somebody may be waiting, or several have it: that is not for the short way. */
const NOT_HERE = 0;

/** One attempt to take a lock that is free, for oneself alone. Whoever finds it taken, and waits, enters by the long way. */
export class Taking extends AcquireAsk<EnteringContext> {
  /** What goes on with it. */
  private entering: Entering | undefined = undefined;

  constructor(
    request: AcquireRequest,
    sink: Subscriber<AcquireSignal>,
    context: EnteringContext,
    title: Title,
    settled: () => void,
    readonly keys: readonly string[],
  ) {
    super(request, sink, context, title, settled);
  }

  get args(): readonly string[] {
    const { holder, metadata } = this.request;
    return [this.title.owner, String(this.whole), textOf(holder, metadata)];
  }

  start(): void {
    this.askBy(this.context.desk.verbs.acquire);
  }

  override turnAway(error: LockError): void {
    if (this.entering === undefined) super.turnAway(error);
    else this.entering.turnAway(error);
  }

  protected read(reply: Reply, sentAt: number, isReplicated: boolean): void {
    const { name, holder, metadata, wait } = this.request;
    if (typeof reply === 'string') {
      const token = this.tokenIn(reply);
      if (token === undefined) return;
      this.granted(new RedisGrant(name, holder, metadata, token, this.title, false), sentAt, isReplicated);
    } else if (this.isDone) return;
    else if (reply === NOT_HERE || wait) this.enter();
    else {
      const [text, left] = listOf(reply);
      this.finish(heldSignal(this.context.desk.clock, readShown(`x:${String(text)}`), Number(left)));
    }
  }

  protected override settle(): void {
    if (this.entering === undefined) super.settle();
  }

  private enter(): void {
    this.entering = new Entering(this.request, this.sink, this.context, this.title, this.settled);
    this.entering.start();
  }
}
