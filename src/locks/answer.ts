import { defer, take, takeUntil, throwError, throwIfEmpty, timeout, type Observable } from 'rxjs';
import type { Core } from '../core/core.js';
import { asked } from '../values/asked.js';
import { LockNetworkError } from '../contract/errors.js';

/** How long an answer is waited for, if the backend sets no earlier end to that. Milliseconds. */
const PATIENCE = 30_000;

/**
 * The one answer to a question, asked anew with each subscription: whatever a service does, it comes to an end.
 *
 * @param what The question, for people: `the status of 'a'`.
 * @returns Errors with what the service answers, with `LockNetworkError` if it answers nothing, at its end or within 30 s,
 * and with `LockClosedError` as soon as these locks are closed.
 */
export function answer$<T>(core: Core, what: string, ask: () => Observable<T>): Observable<T> {
  const { backend, runtime } = core;
  const unanswered = (how: string): LockNetworkError =>
    new LockNetworkError(`${backend.name} ${how} when asked for ${what}`);
  return defer(() => asked(ask)).pipe(
    take(1),
    throwIfEmpty(() => unanswered('answered nothing')),
    timeout({
      first: PATIENCE,
      with: () => throwError(() => unanswered(`did not answer within ${String(PATIENCE)} ms`)),
      scheduler: runtime.scheduler,
    }),
    takeUntil(core.closed$()),
  );
}
