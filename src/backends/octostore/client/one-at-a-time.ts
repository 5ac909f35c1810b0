import {
  BehaviorSubject,
  defer,
  exhaustMap,
  filter,
  finalize,
  take,
  throttle,
  type Observable,
  type OperatorFunction,
} from 'rxjs';

/**
 * Runs one inner stream at a time, and once more after it if anything came meanwhile: what is being read now may be older
 * than that. So a source that never rests is followed at the pace of the reads, and none of them is thrown away.
 */
export function oneAtATime<T, R>(project: (value: T) => Observable<R>): OperatorFunction<T, R> {
  return (source) =>
    defer(() => {
      const busy = new BehaviorSubject(false);
      const idle$ = busy.pipe(
        filter((isBusy) => !isBusy),
        take(1),
      );
      return source.pipe(
        throttle(() => idle$, { leading: true, trailing: true }),
        exhaustMap((value) => {
          busy.next(true);
          const done = (): void => {
            busy.next(false);
          };
          return project(value).pipe(finalize(done));
        }),
      );
    });
}
