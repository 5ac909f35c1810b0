import { distinctUntilChanged, exhaustMap, map, timer, type Observable } from 'rxjs';
import type { Core } from '../core/core.js';
import { lockStatus } from '../values/lock-status.js';
import type { LockStatus } from '../contract/status.js';

/** How often a service that pushes nothing is asked. Milliseconds. */
const POLL = 1000;

/** The status of a lock now and at each change, pushed where the service pushes. The name is the user's. */
export function statuses$({ backend, prefix, runtime }: Core, name: string): Observable<LockStatus> {
  const pushed$ = backend.watch?.(prefix + name);
  const all$ =
    pushed$ ??
    timer(0, POLL, runtime.scheduler).pipe(
      exhaustMap(() => backend.status(prefix + name)),
      distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
    );
  return all$.pipe(map((status) => withoutPrefix(status, prefix)));
}

/** A status under the name that the user gave. */
export function withoutPrefix(status: LockStatus, prefix: string): LockStatus {
  return prefix === '' ? status : lockStatus({ ...status, name: status.name.slice(prefix.length) });
}
