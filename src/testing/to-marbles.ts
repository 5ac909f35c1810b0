import { defer, map, type OperatorFunction } from 'rxjs';
import type { LocksEvent } from '../contract/lease.js';
import { EndlessError } from './endless-error.js';

/** The letter of each event in a marble. The last five are seen on `locks.events$` only. */
export const EVENT_SYMBOLS = {
  waiting: 'w',
  acquired: 'a',
  renewed: 'r',
  uncertain: 'u',
  lost: 'l',
  released: 'd',
  detached: 'h',
  requested: 'b',
  withdrawn: 'v',
  release: 's',
  error: 'e',
  'drain-error': 'f',
} as const satisfies Record<LocksEvent['type'], string>;

/** The letters of {@link EVENT_SYMBOLS}. */
export type EventSymbol = (typeof EVENT_SYMBOLS)[LocksEvent['type']];

/** After so many renewals with nothing between, nobody will give the lock back: virtual time has no end. */
const ENDLESS = 10_000;

/**
 * Maps the events of a lock to one letter each, so that its life reads as a marble: `w`aiting, `a`cquired, `r`enewed,
 * `u`ncertain, `l`ost, `d` for released (done), `h` for detached (handed on). On `events$` also `b` for requested (begun), `v` for withdrawn,
 * `s` for the service's answer to a release, `e`rror and
 * `f` for a clean-up that failed. A lock that is renewed 10,000 times with nothing between is held for ever: that is an error, as such a test
 * would not end.
 *
 * @example
 * ```ts
 * import { scripted, toMarbles, virtualTime } from 'rxlock/testing';
 *
 * virtualTime(({ createLocks, expectObservable }) => {
 *   const locks = createLocks(scripted({ acquire: ['h', 'g'], renew: ['r', 'x'] }));
 *   expectObservable(locks.lock$('a', '1s').pipe(toMarbles())).toBe('w 49ms a 299ms r 299ms (l|)');
 * });
 * ```
 */
export function toMarbles(): OperatorFunction<Pick<LocksEvent, 'type'>, EventSymbol> {
  return (events$) =>
    defer(() => {
      let renewals = 0;
      return events$.pipe(
        map(({ type }) => {
          renewals = type === 'renewed' ? renewals + 1 : 0;
          if (renewals > ENDLESS) {
            throw new EndlessError(`the lock was renewed ${String(ENDLESS)} times`);
          }
          return EVENT_SYMBOLS[type];
        }),
      );
    });
}
