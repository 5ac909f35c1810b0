import type { Signal } from '../document/types.js';

/** So many signals are kept for an iteration that has not begun yet. */
const MAX_EARLY = 1000;
/** So many are kept for one that is slow. */
const MAX_UNREAD = 10_000;

/** Signals for those who iterate over them, each of which gets all. */
export class SignalQueue {
  /** What came before anybody iterated. */
  private early: Signal[] = [];
  private isUsed = false;
  private isClosed = false;
  private readonly readers = new Set<Reader>();

  push(signal: Signal): void {
    for (const reader of this.readers) reader.push(signal);
    if (this.isUsed) return;
    if (this.early.length === MAX_EARLY) this.early.shift();
    this.early.push(signal);
  }

  /** Somebody hears them otherwise: nothing is kept any more for later. */
  use(): void {
    this.isUsed = true;
    this.early = [];
  }

  close(): void {
    this.isClosed = true;
    for (const reader of this.readers) reader.close();
    this.readers.clear();
  }

  read(): AsyncIterableIterator<Signal> {
    const reader = new Reader(this.early, (ended) => this.readers.delete(ended));
    this.use();
    if (this.isClosed) reader.close();
    else this.readers.add(reader);
    return reader;
  }
}

/** One iteration. What was heard before the end is still told. */
class Reader implements AsyncIterableIterator<Signal> {
  private readonly waiting: ((result: IteratorResult<Signal>) => void)[] = [];
  private isOver = false;

  constructor(
    private signals: Signal[],
    private readonly ended: (reader: Reader) => void,
  ) {}

  push(signal: Signal): void {
    const resolve = this.waiting.shift();
    if (resolve !== undefined) {
      resolve({ done: false, value: signal });
      return;
    }
    if (this.signals.length === MAX_UNREAD) this.signals.shift();
    this.signals.push(signal);
  }

  close(): void {
    this.isOver = true;
    for (const resolve of this.waiting.splice(0)) resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Signal>> {
    const value = this.signals.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Signal>> {
    this.signals = [];
    this.close();
    this.ended(this);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
