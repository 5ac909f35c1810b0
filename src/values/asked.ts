import { from, throwError, type Observable } from 'rxjs';

/** What a backend answers; one that throws, or gives no stream, has failed to. As `defer`, without its layer for each answer. */
export function asked<T>(ask: () => Observable<T>): Observable<T> {
  try {
    return from(ask());
  } catch (error) {
    return throwError(() => error);
  }
}
