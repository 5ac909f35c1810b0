import { Heap, type HeapItem } from '../values/heap.js';

/** So long work is done before everything else has its turn. Milliseconds. */
const SLICE = 10;
/** The least that anybody is given. Milliseconds. */
const LEAST = 0.01;

/** Somebody with work to do. The rota owns all but `work`: what he has had so far is `due`, and in the line also what he will have. */
export interface Worker extends HeapItem {
  due: number;
  /** How much it was the last time: as much is expected of the next. */
  last: number;
  /**
   * Does some of it, and waits in the rota again if there is more.
   *
   * @param time For so many milliseconds, or one step of it.
   * @returns How much that was. It is not measured in time: a process that had to stand still meanwhile would be mistaken.
   */
  work(time: number): number;
}

/**
 * Shares a server's time. Who will have had the least is next, so that the many steps of one, or his long ones, are waited for by
 * himself; and all that is done in one go takes no longer than one alone may take, however many have something to do.
 */
export class Rota {
  private readonly line = new Heap<Worker>();
  /** What each would have had by now, of those who have something to do, if all had had the same. */
  private level = 0;
  /** In this go. Milliseconds. */
  private spent = 0;
  private cancel: (() => void) | undefined = undefined;
  private readonly go = (): void => {
    this.cancel = undefined;
    this.spent = 0;
    for (let next = this.line.peek(); next !== undefined && this.spent < SLICE; next = this.line.peek()) {
      this.line.remove(next);
      next.due -= next.last;
      this.serve(next);
    }
    this.plan();
  };

  /**
   * @param now A monotonic clock, in milliseconds.
   * @param soon Does something when all else that has happened meanwhile was looked at. Returns what takes it back.
   */
  constructor(
    private readonly now: () => number,
    private readonly soon: (run: () => void) => () => void,
  ) {}

  /** Lets somebody work: at once if it is his turn, else when it is. */
  enter(worker: Worker): void {
    if (worker.position >= 0) return;
    worker.due = Math.max(worker.due, this.level);
    const first = this.line.due;
    if (this.spent < SLICE && worker.due + worker.last <= first) this.serve(worker);
    else this.wait(worker);
  }

  /** Lets somebody work when the others had their turn. */
  wait(worker: Worker): void {
    if (worker.position < 0) {
      worker.due = Math.max(worker.due, this.level) + worker.last;
      this.line.push(worker);
    }
    this.plan();
  }

  /**
   * Has somebody pay for what he is about to do, before those who wait would wait for that.
   *
   * @returns Need he not? Else he works on when he has paid.
   */
  pay(worker: Worker, price: number): boolean {
    if (this.line.size === 0) return true;
    worker.due = Math.max(worker.due, this.level) + price;
    this.wait(worker);
    return false;
  }

  /** He has nothing to do any more. */
  leave(worker: Worker): void {
    this.line.remove(worker);
    if (this.line.size > 0) return;
    this.cancel?.();
    this.cancel = undefined;
  }

  private serve(worker: Worker): void {
    const start = this.now();
    const left = Math.min(SLICE - this.spent, SLICE / (this.line.size + 1));
    const others = this.line.size;
    const done = Math.max(1, worker.work(Math.max(left, LEAST)));
    worker.due += done;
    if (worker.position >= 0) worker.due += done - worker.last;
    worker.last = done;
    this.line.update(worker);
    this.level += done / (others + 1);
    this.spent += this.now() - start;
  }

  private plan(): void {
    if (this.line.size > 0) this.cancel ??= this.soon(this.go);
  }
}
