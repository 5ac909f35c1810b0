import {
  catchError,
  concat,
  connect,
  defer,
  distinctUntilChanged,
  EMPTY,
  exhaustMap,
  identity,
  ignoreElements,
  map,
  merge,
  NEVER,
  switchMap,
  takeUntil,
  tap,
  throwError,
  timer,
  type MonoTypeOperatorFunction,
  type Observable,
} from 'rxjs';
import type { Core } from '../core/core.js';
import { GRACE } from '../contending/outage.js';
import { asked } from '../values/asked.js';
import { LockNetworkError } from '../contract/errors.js';
import { STATUS_FIELDS } from '../values/lock-status.js';
import { status$ } from './questions.js';
import { passOver } from '../values/pass-over.js';
import { userStatus } from './user-status.js';
import type { LockBackend } from '../contract/backend.js';
import type { LockStatus } from '../contract/status.js';

/** How often a service that pushes nothing is asked. Milliseconds. */
const POLL = 1000;

/**
 * A time that was told as a time to come, and counted from when that arrived, differs by so much without anything having changed. A renewal
 * is never so near to the one before: the shortest ttl is a second. Milliseconds.
 */
const JITTER = 250;

/**
 * The status of a lock now and at each change, pushed where the service pushes. It never completes: a service that ends
 * what it pushes has left its watcher alone, which is a `LockNetworkError`. What it tells twice, as after a new connection, is told once.
 *
 * @param name As the user wrote it, and so is that of each status.
 */
export function statuses$(core: Core, name: string): Observable<LockStatus> {
  const told$ = core.backend.watch === undefined ? polled$(core, name) : pushed$(core, name);
  return told$.pipe(
    tellingOfSilence(core, name),
    map((status) => userStatus(status, core.prefix)),
    distinctUntilChanged(isSame),
  );
}

function pushed$({ backend, prefix }: Core, name: string): Observable<LockStatus> {
  return concat(
    defer(() => asked(() => (backend as Required<LockBackend>).watch(prefix + name))),
    throwError(() => new LockNetworkError(`${backend.name} ended the watch of '${name}'`, { name })),
  );
}

/** Warns whoever watches, as whoever waits for a lock, of a service that says nothing because it is out of reach. */
function tellingOfSilence(core: Core, name: string): MonoTypeOperatorFunction<LockStatus> {
  if (!core.isReal) return identity;
  const silence$ = timer(GRACE, core.runtime.scheduler).pipe(
    // A watch waits and does not say for what; a question is answered.
    switchMap(() => status$(core, name).pipe(ignoreElements())),
    catchError((error: unknown) => {
      if (!(error instanceof LockNetworkError)) return EMPTY;
      core.warnOfOutage(`the status of '${name}'`, error);
      return NEVER;
    }),
  );
  return connect((told$) => {
    const first$ = told$.pipe(
      tap(() => {
        core.outageIsOver();
      }),
    );
    return merge(told$, silence$.pipe(takeUntil(first$)));
  });
}

function polled$(core: Core, name: string): Observable<LockStatus> {
  const { scheduler } = core.runtime;
  const told$ = status$(core, name);
  return timer(0, POLL, scheduler).pipe(exhaustMap(() => told$.pipe(passOver(scheduler))));
}

/** Field by field: a service may give statuses that know no `toJSON`. */
function isSame(a: LockStatus, b: LockStatus): boolean {
  const isSameTime = (): boolean =>
    Math.abs((a.expiresAt?.valueOf() ?? NaN) - (b.expiresAt?.valueOf() ?? NaN)) < JITTER;
  return STATUS_FIELDS.every((field) => a[field] === b[field] || (field === 'expiresAt' && isSameTime()));
}
