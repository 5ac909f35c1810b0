import type { Observable } from 'rxjs';
import type { LockBackend } from '../../contract/backend.js';

/** Where clients and their attempts are at work, as they know it: how long they may wait, and whom they tell. */
export interface Workplace {
  /** Milliseconds: for locks that are not to run out. */
  readonly long: number;
  readonly closedBackends: ReadonlySet<LockBackend>;
  /** Looks again and again, until it is true. */
  until(condition: () => boolean | Promise<boolean>, complaint: string): Promise<void>;
  /** A promise with a bound. */
  within<T>(promise: Promise<T>, complaint: string): Promise<T>;
  /** The first value of a stream, with a bound. */
  collect<T>(values$: Observable<T>, complaint: string | (() => string)): Promise<T>;
  /** Something that no answer may do; told when the case ends. */
  violation(message: string): void;
  /** Work that the case does not wait for, and that must not fail. */
  background(task: Promise<unknown>): void;
}
