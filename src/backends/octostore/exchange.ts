import { from, Observable, type Observer, type SchedulerLike, type Subscriber, type Subscription } from 'rxjs';
import { LockAuthenticationError, LockNetworkError, type LockError } from '../../errors.js';
import type { TokenSource } from './token.js';

const UNAUTHORIZED = 401;

/** An answer, or the head of one, or what follows the head. */
type Part = { readonly status: number } | string;

export interface ExchangeOptions<T extends Part> {
  /** What the service is asked to do, for messages: `'acquire the lock'`. */
  readonly what: string;
  readonly lock: string | undefined;
  /** Milliseconds until the first part of the answer. */
  readonly within: number;
  readonly scheduler: SchedulerLike;
  /** `undefined` for what needs no token. */
  readonly token: TokenSource | undefined;
  readonly send: (token: string) => Observable<T>;
  /** What an error of the transport means. */
  readonly explain: (error: unknown) => LockError;
}

/** Sends with the token, and with a new one if the service refuses that; errors if there is no answer in time. */
export function exchange<T extends Part>(options: ExchangeOptions<T>): Observable<T> {
  return new Observable((sink) => {
    new Exchange(options, sink).start();
  });
}

/** One object in place of a dozen operators: every renewal of every lock passes through here. */
class Exchange<T extends Part> implements Observer<T> {
  private readonly timer: Subscription;
  /** Whoever prints a subscription gets here. */
  #token = '';
  private retried = false;
  private answer: Subscription | undefined;

  constructor(
    private readonly options: ExchangeOptions<T>,
    private readonly sink: Subscriber<T>,
  ) {
    this.timer = options.scheduler.schedule(() => {
      this.late();
    }, options.within);
    sink.add(this.timer);
  }

  start(): void {
    const token = this.options.token?.get() ?? '';
    if (typeof token === 'string') this.send(token);
    else this.sendWhenRead(token);
  }

  next(part: T): void {
    if (typeof part !== 'string' && part.status === UNAUTHORIZED && this.options.token !== undefined) {
      // Nothing more of a refusal counts, its end least of all.
      this.answer?.unsubscribe();
      if (this.retried) this.refuse();
      else this.sendWhenRead(this.options.token.next(this.#token));
      this.retried = true;
      return;
    }
    this.timer.unsubscribe();
    this.sink.next(part);
  }

  error(error: unknown): void {
    this.sink.error(this.options.explain(error));
  }

  complete(): void {
    this.sink.complete();
  }

  private send(token: string): void {
    this.#token = token;
    this.answer = this.options.send(token).subscribe(this);
    this.sink.add(this.answer);
  }

  private sendWhenRead(token: Promise<string | undefined>): void {
    const reading = from(token).subscribe({
      next: (read) => {
        if (read === undefined) this.refuse();
        else this.send(read);
      },
      error: (error: unknown) => {
        this.error(error);
      },
    });
    this.sink.add(reading);
  }

  private refuse(): void {
    const { what, lock: name } = this.options;
    this.sink.error(new LockAuthenticationError(`OctoStore, asked to ${what}, does not accept the token`, { name }));
  }

  private late(): void {
    const { what, lock: name, within } = this.options;
    this.sink.error(
      new LockNetworkError(`OctoStore, asked to ${what}, did not answer within ${String(within)} ms`, { name }),
    );
  }
}
