import { map, type ObservableInput, type ObservedValueOf, type OperatorFunction } from 'rxjs';
import { LockConfigError } from '../src/contract/errors.js';
import type { Leadership } from '../src/contract/status.js';
import type { Lease } from '../src/contract/lease.js';
import { resolvePlan } from './internal/plan.js';
import { Session, type Signal } from './internal/session.js';
import type { LockWorkOptions } from './internal/lock-work-options.js';

/** Options of {@link whileLeader}. There is no `onLost`: after a loss, `leader$` always asks again. */
export type WhileLeaderOptions<L> = Omit<LockWorkOptions<L>, 'onLost'>;

const WHILE_LEADER_OPTIONS: ReadonlySet<string> = new Set(['drain', 'drainTimeout']);

/**
 * Runs work while this instance leads. Stops it when it does not lead any more, and starts it again when it leads again.
 *
 * ```text
 * leader$       f---t-----------f----t------     (t: leading, f: not)
 * work              ^-1---2-----!    ^-1---2
 * whileLeader   ------1---2------------1---2
 * ```
 *
 * Leadership is given up only after the work has stopped and `drain` has run. Work that completes does not end leadership:
 * this instance still leads, and nothing runs until its next term. An error of the work gives leadership up and ends the result.
 *
 * @param work Called with the lease of each term; its fencing token grows from term to term.
 * @param options `drain` (none), `drainTimeout` (the lease's ttl).
 * @throws LockValidationError for a bad argument or option, naming it.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { whileLeader } from 'rxlock/operators';
 * import { interval, map, take } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * locks
 *   .leader$('scheduler', '15s')
 *   .pipe(
 *     whileLeader((lease) => interval(20).pipe(map((n) => `tick ${n} of term ${lease.fencingToken}`))),
 *     take(3),
 *   )
 *   .subscribe(console.log);
 * ```
 */
export function whileLeader<Token, O extends ObservableInput<unknown>>(
  work: (lease: Lease<Token>) => O,
  options: WhileLeaderOptions<Lease<Token>> = {},
): OperatorFunction<Leadership<Token>, ObservedValueOf<O>> {
  const plan = resolvePlan<ObservedValueOf<O>, Lease<Token>>(
    work as unknown as (lease: Lease<Token>) => ObservableInput<ObservedValueOf<O>>,
    options,
    WHILE_LEADER_OPTIONS,
  );
  return (source) => Session.run$(source.pipe(map(signalOf)), { ...plan, onLost: 'reacquire', endless: true });
}

function signalOf<Token>(leadership: Leadership<Token>): Signal<Lease<Token>> {
  if (typeof (leadership as Partial<Leadership<Token>> | undefined)?.leading !== 'boolean') {
    throw new LockConfigError('whileLeader() takes what leader$() emits; for lock$() there is withLock()');
  }
  return leadership.leading ? { type: 'acquired', lease: leadership.lease } : { type: 'idle' };
}
