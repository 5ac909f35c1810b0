import { throwError, type Unsubscribable } from 'rxjs';

/**
 * Unsubscribes, whatever finalizers throw: a user's error must not keep a lock from going back. It is reported as RxJS
 * reports what nobody handles.
 */
export function leave(subscription: Unsubscribable | undefined): void {
  try {
    subscription?.unsubscribe();
  } catch (error) {
    throwError(() => error).subscribe();
  }
}
