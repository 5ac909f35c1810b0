import { firstValueFrom, from, throwError, timeout } from 'rxjs';
import { LockNetworkError } from '../../../contract/errors.js';
import { systemScheduler } from '../../../values/system-scheduler.js';

/** Waits for something no longer than this. Milliseconds. What comes later is nobody's. */
export function within<T>(limit: number, answer: Promise<T>): Promise<T> {
  const late = (): LockNetworkError => new LockNetworkError(`no answer within ${String(limit)} ms`);
  const inTime$ = from(answer).pipe(
    timeout({ first: limit, scheduler: systemScheduler, with: () => throwError(late) }),
  );
  return firstValueFrom(inTime$);
}
