import type { Observer } from 'rxjs';
import { reportErrors } from './report-errors.js';

/**
 * Completes a stream, or fails it, whatever its finalizers throw: what one subscriber gets wrong must not stop the
 * renewals and releases of others. Their error is reported as RxJS reports what nobody handles.
 *
 * @param failure Absent: the stream completes.
 */
export function endStream(
  sink: Pick<Observer<never>, 'error' | 'complete'>,
  failure?: { readonly error: unknown },
): void {
  reportErrors(() => {
    if (failure === undefined) sink.complete();
    else sink.error(failure.error);
  });
}
