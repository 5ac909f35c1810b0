import type { Lease, LockEvent } from '../contract/lease.js';
import type { EVENT_SYMBOLS } from './to-marbles.js';

/** An event for each letter that `toMarbles` writes, all of one lease. */
export type EventValues<Token = bigint | undefined> = {
  readonly [E in LockEvent<Token> as (typeof EVENT_SYMBOLS)[E['type']]]: E;
};

/**
 * The events of a lease as the values of a marble, to feed code that takes a lock's stream: `cold('w--a---l|', eventValues(lease))`.
 *
 * The letters are those of `toMarbles`. The lease is what it is: `l` tells of a loss that does not happen to it; where
 * that matters, use `scripted`.
 *
 * @example
 * ```ts
 * import { filter } from 'rxjs';
 * import { eventValues, fakeLease, toMarbles, virtualTime } from 'rxlock/testing';
 *
 * virtualTime(({ cold, expectObservable }) => {
 *   const lock$ = cold('w--a--u--r|', eventValues(fakeLease({ name: 'a' })));
 *   const problems$ = lock$.pipe(filter((event) => event.type === 'uncertain'), toMarbles());
 *   expectObservable(problems$).toBe('------u---|');
 * });
 * ```
 */
export function eventValues<Token>(lease: Lease<Token>): EventValues<Token> {
  const { name } = lease;
  const at = lease.acquiredAt.getTime();
  return {
    w: { type: 'waiting', name, at, attempt: 1, holder: 'somebody else' },
    a: { type: 'acquired', name, at, lease },
    r: { type: 'renewed', name, at, lease },
    u: { type: 'uncertain', name, at, lease, remaining: lease.remaining() },
    l: { type: 'lost', name, at, lease, reason: 'expired' },
    d: { type: 'released', name, at, lease },
    h: { type: 'detached', name, at, lease },
  };
}
