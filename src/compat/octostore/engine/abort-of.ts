import { Observable } from 'rxjs';
import { onAbort } from '../../../values/on-abort.js';

/** Errors with the signal's reason when it aborts; never emits. */
export function abortOf(signal: AbortSignal | undefined): Observable<never> {
  return new Observable((sink) => {
    if (signal === undefined) return;
    const abort = (): void => {
      sink.error(signal.reason);
    };
    if (signal.aborted) abort();
    else sink.add(onAbort(signal, abort));
  });
}
