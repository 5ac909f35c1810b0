import { LockNetworkError, type LockError } from '../contract/errors.js';
import { deferred, type Deferred } from '../values/deferred.js';

/** A lease, as one who wants it renewed knows it. */
export interface Extendable {
  readonly name: string;
  /** As messages call it: `the lock 'a'`. */
  readonly subject: string;
  readonly ttl: number;
  readonly expiresAt: Date;
  /** An earlier renewal is under way. */
  readonly isAsking: boolean;
  /** Milliseconds for which the service wants to hear nothing of it. */
  readonly demanded: number;
  /** Milliseconds for which an earlier renewal that was not answered may still arrive. */
  readonly unsettled: number;
  /** Renews now, for this ttl from now on. */
  renewFor(ttl: number): void;
  /** What was sent is settled. */
  settled(): void;
}

/** One renewal that was asked for. */
interface Extension extends Deferred<Date> {
  readonly ttl: number | undefined;
}

/** The renewals of one lease that its holder asks for: one after the other, and those that wait for the same as one. */
export class Extensions {
  private readonly waiting: Extension[] = [];
  private sent: Extension | undefined;

  constructor(private readonly lease: Extendable) {}

  /** @param ttl Milliseconds; undefined: as it is. */
  ask(ttl: number | undefined): Promise<Date> {
    const last = this.waiting.at(-1);
    if (last !== undefined && last.ttl === ttl) return last.promise;
    const extension = { ttl, ...deferred<Date>() };
    // Whoever does not wait for it need not handle it.
    extension.promise.catch(() => undefined);
    this.waiting.push(extension);
    this.next();
    return extension.promise;
  }

  /** The newest request was confirmed. */
  confirmed(): void {
    const { sent } = this;
    if (sent === undefined) return;
    this.sent = undefined;
    this.lease.settled();
    sent.resolve(this.lease.expiresAt);
  }

  /** The newest request was not confirmed, or not in time. */
  failed(cause: unknown): void {
    const { sent } = this;
    if (sent === undefined) return;
    this.sent = undefined;
    this.lease.settled();
    sent.reject(this.unconfirmed('', { cause }));
  }

  /** The lease has ended. */
  ended(error: LockError): void {
    for (const extension of [this.sent, ...this.waiting]) extension?.reject(error);
    this.sent = undefined;
    this.waiting.length = 0;
  }

  /** Sends the next of those that wait, if the time has come for it. */
  next(): void {
    while (this.sent === undefined) {
      const [extension] = this.waiting;
      if (extension === undefined) return;
      const { lease } = this;
      const ttl = extension.ttl ?? lease.ttl;
      const isLonger = ttl > lease.ttl;
      const pause = Math.max(lease.demanded, isLonger ? lease.unsettled : 0);
      if (pause === 0 && isLonger && lease.isAsking) return;
      this.waiting.shift();
      if (pause > 0) {
        extension.reject(
          this.unconfirmed(`, and will not be asked for within ${String(pause)} ms`, { retryAfter: pause }),
        );
      } else {
        this.sent = extension;
        lease.renewFor(ttl);
      }
    }
  }

  private unconfirmed(
    more: string,
    options: { readonly cause?: unknown; readonly retryAfter?: number },
  ): LockNetworkError {
    const { name, subject } = this.lease;
    return new LockNetworkError(`the renewal of ${subject} was not confirmed${more}`, { name, ...options });
  }
}
