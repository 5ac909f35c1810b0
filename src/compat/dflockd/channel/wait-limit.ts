import { clearImmediate, setImmediate } from 'node:timers';
import { exhaustMap, merge, NEVER, Observable, timer, type Subscription } from 'rxjs';
import { MAX_DURATION } from '../../../values/duration.js';
import { systemScheduler } from '../../../values/system-scheduler.js';

/** A wait that the server was asked for. */
interface Wait {
  /** Milliseconds. */
  readonly duration: number;
}

/** What an event loop that was blocked has not read yet is read first. */
const read$ = new Observable<void>((sink) => {
  const immediate = setImmediate(() => {
    sink.next();
  });
  return () => {
    clearImmediate(immediate);
  };
});

/**
 * Tells when a wait ought to be over: during a wait nothing else is answered, so nothing else shows whether the server is
 * still there. Waits that are asked for on one connection come one after the other, and only the first has begun.
 */
export class WaitLimit {
  private readonly waits: Wait[] = [];
  private watch: Subscription | undefined;

  /**
   * @param patience How long an answer may take when its wait is over. Milliseconds.
   * @param silent$ Emits if the server is not there during a wait.
   * @param overdue Called when the server has not ended a wait in time.
   */
  constructor(
    private readonly patience: number,
    private readonly silent$: Observable<unknown> = NEVER,
    private readonly overdue: () => void,
  ) {}

  /**
   * Watches a wait, after those before it.
   *
   * @param seconds How long the server may let it wait.
   * @returns What ends it.
   */
  begin(seconds: number): () => void {
    const wait = { duration: seconds * 1000 };
    if (this.waits.push(wait) === 1) this.watchFirst();
    return () => {
      const index = this.waits.indexOf(wait);
      if (index < 0) return;
      this.waits.splice(index, 1);
      if (index === 0) this.watchFirst();
    };
  }

  private watchFirst(): void {
    this.watch?.unsubscribe();
    const [first] = this.waits;
    if (first === undefined) return;
    const over$ = timer(Math.min(first.duration + this.patience, MAX_DURATION), systemScheduler);
    this.watch = merge(over$, this.silent$)
      .pipe(exhaustMap(() => read$))
      .subscribe(() => {
        this.overdue();
      });
  }
}
