import { isObservable, type ObservableInput, type Subscriber } from 'rxjs';

/**
 * Subscribes to work that goes on after it is unsubscribed: a promise, or an async iterable until its next value.
 *
 * @param late Told of a failure that comes when nobody listens any more.
 * @returns A promise that never rejects and resolves when the work has really stopped; undefined for any other work.
 */
export function settle<T>(
  work: ObservableInput<T>,
  worker: Subscriber<T>,
  late: (error: unknown) => void,
): Promise<void> | undefined {
  const pass = (value: T): void => {
    worker.next(value);
  };
  const stopped = isPromise(work)
    ? Promise.resolve(work).then(pass)
    : isAsync(work)
      ? iterate(work, worker)
      : undefined;
  return stopped?.then(
    () => {
      worker.complete();
    },
    (error: unknown) => {
      if (worker.closed) late(error);
      else worker.error(error);
    },
  );
}

/** Leaving the loop runs the `finally` blocks of a generator, and waits for them. */
async function iterate<T>(values: AsyncIterable<T>, worker: Subscriber<T>): Promise<void> {
  for await (const value of values) {
    worker.next(value);
    if (worker.closed) return;
  }
}

function isPromise<T>(work: ObservableInput<T>): work is PromiseLike<T> {
  return typeof (work as Partial<PromiseLike<T>> | undefined)?.then === 'function';
}

function isAsync<T>(work: ObservableInput<T>): work is AsyncIterable<T> {
  return (
    !isObservable(work) && typeof (work as Partial<AsyncIterable<T>> | undefined)?.[Symbol.asyncIterator] === 'function'
  );
}
