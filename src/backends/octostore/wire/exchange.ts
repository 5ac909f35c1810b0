import { from, Observable, type Observer, type Subscriber, type Subscription } from 'rxjs';
import type { LockError } from '../../../contract/errors.js';
import { lateError, tokenlessError } from './late-error.js';
import type { Timeout, Timeouts } from '../../../values/timeouts.js';
import type { TokenSource } from './token-source.js';

const UNAUTHORIZED = 401;

/** An answer, or the head of one, or what follows the head. */
type Part = { readonly status: number } | string;

/**
 * @typeParam T What is emitted.
 * @typeParam P What the transport gives.
 */
export interface ExchangeOptions<T, P extends Part> {
  /** What the service is asked to do, for messages: `'acquire the lock'`. */
  readonly what: string;
  readonly lock: string | undefined;
  /** Milliseconds until the first part of the answer. */
  readonly within: number;
  /** The origin of the server, for messages. */
  readonly where: string;
  readonly timeouts: Timeouts;
  /** `undefined` for what needs no token. */
  readonly token: TokenSource | undefined;
  /** @param sentAt On `timeouts.now`. */
  readonly send: (token: string, sentAt: number) => Observable<P>;
  /** What a part says. Never throws. */
  readonly read: (part: P) => T;
  /** What an error of the transport means. */
  readonly explain: (error: unknown) => LockError;
}

/** Sends with the token, and once with a new one if the service refuses that; errors if there is no answer in time. */
export function exchange<T, P extends Part>(options: ExchangeOptions<T, P>): Observable<T> {
  return new Observable((sink) => {
    new Exchange(options, sink).start();
  });
}

/** One object in place of a dozen operators: every renewal of every lock passes through here. */
class Exchange<T, P extends Part> implements Observer<P>, Timeout {
  due = 0;
  position = -1;
  /** Whoever prints a subscription gets here. */
  #token = '';
  private retried = false;
  /** The token is still to come. */
  private reading = false;
  private answer: Subscription | undefined;

  constructor(
    private readonly options: ExchangeOptions<T, P>,
    private readonly sink: Subscriber<T>,
  ) {
    sink.add(this);
  }

  /** Nobody waits for it any more, or it is over. Called by RxJS. */
  unsubscribe(): void {
    this.options.timeouts.clear(this);
  }

  start(): void {
    const { timeouts, within, token } = this.options;
    // One look at the clock for all of it: each costs as much as the rest.
    const at = timeouts.now();
    timeouts.set(this, at + within);
    const bearer = token?.get({ at, within }) ?? '';
    if (typeof bearer === 'string') this.send(bearer, at);
    else this.sendWhenRead(bearer);
  }

  next(part: P): void {
    const { token } = this.options;
    if (this.retried || token === undefined || typeof part === 'string' || part.status !== UNAUTHORIZED) {
      this.pass(part);
      return;
    }
    this.retried = true;
    // Nothing more of a refusal counts, its end least of all.
    this.answer?.unsubscribe();
    const { timeouts, within } = this.options;
    this.sendWhenRead(token.next(this.#token, { at: timeouts.now(), within }), part);
  }

  error(error: unknown): void {
    this.sink.error(this.options.explain(error));
  }

  complete(): void {
    this.sink.complete();
  }

  private send(token: string, sentAt: number): void {
    this.#token = token;
    this.answer = this.options.send(token, sentAt).subscribe(this);
    this.sink.add(this.answer);
  }

  private pass(part: P): void {
    const { timeouts, read } = this.options;
    timeouts.clear(this);
    this.sink.next(read(part));
  }

  /** @param refusal What the service said to the token before: it stands if there is no other. */
  private sendWhenRead(token: Promise<string | undefined>, refusal?: P): void {
    this.reading = true;
    const reading = from(token).subscribe({
      next: (read) => {
        this.reading = false;
        if (read !== undefined) this.send(read, this.options.timeouts.now());
        else if (refusal !== undefined) {
          this.pass(refusal);
          this.sink.complete();
        }
      },
      error: (error: unknown) => {
        this.error(error);
      },
    });
    this.sink.add(reading);
  }

  /** There was no answer in time. */
  ring(): void {
    const { what, lock: name, within, where } = this.options;
    this.sink.error(this.reading ? tokenlessError(what, name, within) : lateError(what, name, within, where));
  }
}
