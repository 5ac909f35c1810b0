import { throwError, type Observable } from 'rxjs';

/** What a backend answers; one that throws has failed to answer. As `defer`, without its layer for each answer. */
export function asked<T>(ask: () => Observable<T>): Observable<T> {
  try {
    return ask();
  } catch (error) {
    return throwError(() => error);
  }
}
