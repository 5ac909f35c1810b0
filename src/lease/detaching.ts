import { take, throwIfEmpty, type Observable, type Subscription } from 'rxjs';
import { LockNetworkError, type LockError } from '../contract/errors.js';
import type { LeaseHandle } from '../contract/lease-handle.js';
import { asked } from '../values/asked.js';

/** A lease, as one who hands it on knows it. */
export interface Detachable {
  readonly name: string;
  /** As messages call it: `the lock 'a'`. */
  readonly subject: string;
  /** Asks the service for what the next owner needs. */
  askSecret(): Observable<string>;
  /** It is held here no more. */
  leave(secret: string): LeaseHandle;
  /** It stays, and is renewed as before. */
  stay(): void;
}

/** A lease that is being handed on: it is not renewed meanwhile. */
export class Detaching {
  readonly handle: Promise<LeaseHandle>;
  private asking: Subscription | undefined;
  private resolve!: (handle: LeaseHandle) => void;
  private reject!: (error: unknown) => void;

  constructor(private readonly lease: Detachable) {
    this.handle = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** @param over Called if it stays after all. */
  start(over: () => void): void {
    const { lease } = this;
    const failed = (error: unknown): void => {
      over();
      lease.stay();
      this.reject(error);
    };
    const none = (): LockError =>
      new LockNetworkError(`the service did not say how to hand on ${lease.subject}`, { name: lease.name });
    this.asking = asked(() => lease.askSecret())
      .pipe(take(1), throwIfEmpty(none))
      .subscribe({
        next: (secret) => {
          if (typeof secret === 'string' && secret !== '') this.resolve(lease.leave(secret));
          else failed(none());
        },
        error: failed,
      });
  }

  /** It has ended meanwhile. */
  ended(error: LockError): void {
    this.asking?.unsubscribe();
    this.reject(error);
  }
}
