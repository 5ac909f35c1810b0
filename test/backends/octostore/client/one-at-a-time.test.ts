import { EMPTY, of, range, Subject, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { oneAtATime } from '../../../../src/backends/octostore/client/one-at-a-time.js';

describe('oneAtATime', () => {
  const scene = () => {
    const source$ = new Subject<number>();
    const begun: number[] = [];
    const open: Subject<string>[] = [];
    const log: string[] = [];
    const inner = (value: number): Observable<string> => {
      begun.push(value);
      const answer$ = new Subject<string>();
      open.push(answer$);
      return answer$;
    };
    const subscription = source$.pipe(oneAtATime(inner)).subscribe({
      next: (value) => log.push(value),
      error: (error: unknown) => log.push(String(error)),
      complete: () => log.push('complete'),
    });
    return { source$, begun, open, log, subscription };
  };

  it('runs one, and after it one more for all that came meanwhile', () => {
    const { source$, begun, open, log } = scene();
    for (const value of [1, 2, 3, 4]) source$.next(value);
    expect(begun).toEqual([1]);
    open[0]!.next('one');
    open[0]!.complete();
    expect(begun).toEqual([1, 4]);
    open[1]!.next('four');
    open[1]!.complete();
    expect(begun).toEqual([1, 4]);
    source$.next(5);
    expect(begun).toEqual([1, 4, 5]);
    expect(log).toEqual(['one', 'four']);
  });

  it('takes inner streams that end at once', () => {
    const begun: number[] = [];
    range(0, 5)
      .pipe(
        oneAtATime((value) => {
          begun.push(value);
          return value % 2 === 0 ? EMPTY : of(value);
        }),
      )
      .subscribe();
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it('completes when the source has, and what it asked for', () => {
    const { source$, begun, open, log } = scene();
    source$.next(1);
    source$.next(2);
    source$.complete();
    open[0]!.complete();
    expect([begun, log]).toEqual([[1, 2], []]);
    open[1]!.complete();
    expect(log).toEqual(['complete']);
  });

  it('ends with the error of either, and leaves nothing behind', () => {
    const first = scene();
    first.source$.next(1);
    first.open[0]!.error(new Error('inner'));
    expect([first.log, first.source$.observed]).toEqual([['Error: inner'], false]);
    const second = scene();
    second.source$.next(1);
    second.source$.error(new Error('source'));
    expect([second.log, second.open[0]!.observed]).toEqual([['Error: source'], false]);
    throwError(() => new Error('at once'))
      .pipe(oneAtATime(() => EMPTY))
      .subscribe({ error: (error: unknown) => second.log.push(String(error)) });
    expect(second.log).toEqual(['Error: source', 'Error: at once']);
  });

  it('unsubscribes from both', () => {
    const { source$, open, subscription } = scene();
    source$.next(1);
    subscription.unsubscribe();
    expect([source$.observed, open[0]!.observed]).toEqual([false, false]);
  });
});
