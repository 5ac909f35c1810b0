import { Observable } from 'rxjs';
import { abortReason } from '../../../values/abort-reason.js';
import { onAbort } from '../../../values/on-abort.js';

/** Errors with the signal's reason when it aborts; never emits. */
export function abortOf(signal: AbortSignal | undefined): Observable<never> {
  return new Observable((sink) => {
    if (signal === undefined) return;
    const abort = (): void => {
      sink.error(abortReason(signal));
    };
    if (signal.aborted) abort();
    else sink.add(onAbort(signal, abort));
  });
}
