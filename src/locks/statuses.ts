import { concat, defer, distinctUntilChanged, exhaustMap, map, throwError, timer, type Observable } from 'rxjs';
import { answer$ } from './answer.js';
import type { Core } from '../core/core.js';
import { asked } from '../values/asked.js';
import { LockNetworkError } from '../contract/errors.js';
import { userStatus } from './user-status.js';
import type { LockStatus } from '../contract/status.js';

/** How often a service that pushes nothing is asked. Milliseconds. */
const POLL = 1000;

/**
 * The status of a lock now and at each change, pushed where the service pushes. It never completes: a service that ends
 * what it pushes has left its watcher alone, which is a `LockNetworkError`.
 *
 * @param name As the user wrote it, and so is that of each status.
 */
export function statuses$(core: Core, name: string): Observable<LockStatus> {
  const { backend, prefix } = core;
  const asUser = map((status: LockStatus) => userStatus(status, prefix));
  if (backend.watch === undefined) return polled$(core, name).pipe(asUser, distinctUntilChanged(isSame));
  const watch = backend.watch.bind(backend);
  const ended$ = throwError(() => new LockNetworkError(`${backend.name} ended the watch of '${name}'`, { name }));
  return concat(
    defer(() => asked(() => watch(prefix + name))),
    ended$,
  ).pipe(asUser);
}

function polled$(core: Core, name: string): Observable<LockStatus> {
  const { backend, prefix, runtime } = core;
  const status$ = answer$(core, `the status of '${name}'`, () => backend.status(prefix + name));
  return timer(0, POLL, runtime.scheduler).pipe(exhaustMap(() => status$));
}

/** Field by field: a service may give statuses that know no `toJSON`. */
function isSame(a: LockStatus, b: LockStatus): boolean {
  return (
    a.status === b.status &&
    a.mode === b.mode &&
    a.holders === b.holders &&
    a.holder === b.holder &&
    a.fencingToken === b.fencingToken &&
    a.expiresAt?.valueOf() === b.expiresAt?.valueOf() &&
    a.waiters === b.waiters &&
    a.metadata === b.metadata
  );
}
