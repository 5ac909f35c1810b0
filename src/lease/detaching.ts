import { take, throwIfEmpty, type Observable, type Subscription } from 'rxjs';
import { LockNetworkError, type LockError } from '../contract/errors.js';
import type { LeaseHandle } from '../contract/lease-handle.js';
import { deferred } from '../values/deferred.js';

/** A lease, as one who hands it on knows it. */
export interface Detachable {
  readonly name: string;
  /** As messages call it: `the lock 'a'`. */
  readonly subject: string;
  /** It is held here no more. */
  leave(secret: string): LeaseHandle;
  /** It stays, and is renewed as before. */
  stay(): void;
}

/** A lease that is being handed on: it is not renewed meanwhile. */
export class Detaching {
  private readonly handing = deferred<LeaseHandle>();
  private asking: Subscription | undefined;

  constructor(private readonly lease: Detachable) {}

  get handle(): Promise<LeaseHandle> {
    return this.handing.promise;
  }

  /** @param secret$ What the next owner needs. */
  start(secret$: Observable<string>): void {
    const { lease } = this;
    const failed = (error: unknown): void => {
      lease.stay();
      this.handing.reject(error);
    };
    const none = (): LockError =>
      new LockNetworkError(`the service did not hand on ${lease.subject}`, { name: lease.name });
    this.asking = secret$.pipe(take(1), throwIfEmpty(none)).subscribe({
      next: (secret) => {
        if (typeof secret === 'string' && secret !== '') this.handing.resolve(lease.leave(secret));
        else failed(none());
      },
      error: failed,
    });
  }

  /** It has ended meanwhile. */
  ended(error: LockError): void {
    this.asking?.unsubscribe();
    this.handing.reject(error);
  }
}
