import type { Observable } from 'rxjs';
import type { UsingOptions } from '../contract/options.js';

/** Options of {@link Locked}. */
export interface LockedOptions extends Pick<
  UsingOptions,
  'mode' | 'wait' | 'retry' | 'metadata' | 'minHold' | 'maxHold' | 'renew' | 'limit' | 'permits' | 'drainTimeout'
> {
  /**
   * If somebody else has the lock, the method is not run: a promise resolves with `null`, an observable completes without a
   * value. `false` by default: the call waits for the lock. Not together with `wait`.
   *
   * @example
   * ```ts
   * import { Locked } from 'rxlock/nestjs';
   *
   * class Jobs {
   *   @Locked('hourly-job', '30s', { skipIfHeld: true, minHold: '10s' })
   *   async hourly(): Promise<void> {}
   * }
   * console.log(Jobs.name);
   * ```
   */
  readonly skipIfHeld?: boolean | undefined;
  /**
   * What the method returns. Known by itself if TypeScript writes it down (`emitDecoratorMetadata`, and the method's type is
   * written out); elsewhere a method that returns an observable needs `'observable'`.
   *
   * @example
   * ```ts
   * import { Locked } from 'rxlock/nestjs';
   * import { of } from 'rxjs';
   *
   * class Prices {
   *   @Locked('prices', '30s', { returns: 'observable' })
   *   all$() {
   *     return of(1, 2, 3);
   *   }
   * }
   * console.log(Prices.name);
   * ```
   */
  readonly returns?: 'promise' | 'observable' | undefined;
  /** The `name` of the `LocksModule` to use. By default the one without a name. */
  readonly locks?: string | undefined;
}

/** Any method, whatever it takes. */
export type AnyMethod = (...args: never[]) => unknown;

/** The decorator of a method whose first parameters are those that the lock's name is made of. */
export type LockedMethod<A extends unknown[]> = <M extends AnyMethod>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<M> & TakesArguments<A, M>,
) => void;

/** The same for a method that may be skipped: its type says so. */
export type SkippedMethod<A extends unknown[]> = <M extends AnyMethod>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<M> & TakesArguments<A, M> & MaySkip<ReturnType<M>>,
) => void;

/** Anything if the arguments of a method begin with `A`. */
export type TakesArguments<A extends unknown[], M extends AnyMethod> =
  Parameters<M> extends [...A, ...unknown[]] ? unknown : "the lock's name is made of arguments that the method has not";

/** Anything if a call that returns `R` may give `null` instead, or nothing at all. */
export type MaySkip<R> =
  R extends Observable<unknown>
    ? unknown
    : null extends Awaited<R>
      ? unknown
      : // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- what a method without a result returns
        void extends Awaited<R>
        ? unknown
        : 'with `skipIfHeld` it gives null if somebody else has the lock: write `| null` into its type';
