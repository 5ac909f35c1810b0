import { map, type OperatorFunction } from 'rxjs';
import type { LocksEvent } from '../contract/lease.js';

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

/**
 * Maps the events of a lock to one letter each, so that its life reads as a marble: `w`aiting, `a`cquired, `r`enewed,
 * `u`ncertain, `l`ost, `d` for released (done), `h` for detached (handed on). On `events$` also `b` for requested (begun), `v` for withdrawn,
 * `s` for the service's answer to a release, `e`rror and
 * `f` for a clean-up that failed.
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
  return map(({ type }) => EVENT_SYMBOLS[type]);
}
