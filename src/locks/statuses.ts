import { concat, defer, distinctUntilChanged, exhaustMap, map, throwError, timer, type Observable } from 'rxjs';
import type { Core } from '../core/core.js';
import { asked } from '../values/asked.js';
import { LockNetworkError } from '../contract/errors.js';
import { STATUS_FIELDS } from '../values/lock-status.js';
import { status$ } from './questions.js';
import { passOver } from '../values/pass-over.js';
import { userStatus } from './user-status.js';
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
  const { backend, prefix } = core;
  const asUser = map((status: LockStatus) => userStatus(status, prefix));
  const news = distinctUntilChanged<LockStatus>(isSame);
  if (backend.watch === undefined) return polled$(core, name).pipe(asUser, news);
  const watch = backend.watch.bind(backend);
  const ended$ = throwError(() => new LockNetworkError(`${backend.name} ended the watch of '${name}'`, { name }));
  return concat(
    defer(() => asked(() => watch(prefix + name))),
    ended$,
  ).pipe(asUser, news);
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
