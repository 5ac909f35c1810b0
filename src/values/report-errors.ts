import { throwError } from 'rxjs';

/**
 * Runs something that may run a user's finalizers: what they throw must keep no lock from going back, and is reported as
 * RxJS reports what nobody handles.
 */
export function reportErrors(action: () => void): void {
  try {
    action();
  } catch (error) {
    throwError(() => error).subscribe();
  }
}
