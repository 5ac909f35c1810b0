import type { Subscriber } from 'rxjs';

/** The answers to a batch, as they come. */
export class Batch<T> {
  constructor(
    private readonly sink: Subscriber<T>,
    private open: number,
  ) {}

  tell(answer: T): void {
    this.sink.next(answer);
    if (--this.open === 0) this.sink.complete();
  }
}
