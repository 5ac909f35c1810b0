import { throwError } from 'rxjs';

/**
 * Runs something that may run a user's finalizers: what they throw must keep no lock from going back, and is reported as
 * RxJS reports what nobody handles.
 */
export function reportErrors(action: () => void): void {
  try {
    action();
  } catch (error) {
    reportError(error);
  }
}

/** Reports an error as RxJS reports what nobody handles: thrown in a task of its own. */
export function reportError(error: unknown): void {
  throwError(() => error).subscribe();
}
