import { createParser } from 'eventsource-parser';
import { Observable, throwError, timeout } from 'rxjs';
import { LockError, LockNetworkError } from '../../../contract/errors.js';
import type { Runtime } from '../../../contract/time.js';
import { restOf } from '../../../values/rest-of.js';
import { schedulerTimer } from '../../../values/scheduler-timer.js';
import { tlsFault } from '../../../values/tls-fault.js';
import { Timeouts } from '../../../values/timeouts.js';
import { errorOf, knownCode, readRetryAfter, type Answer, type Inquiry } from './answer.js';
import { exchange } from './exchange.js';
import { millisField, readJson, textField } from './json.js';
import { RequestHeaders } from './request-headers.js';
import type { TokenSource } from './token-source.js';
import type { HttpReply, Lane, Transport } from './transport.js';

/** One question to the service. */
export interface Call {
  /** What the service is asked to do, for messages: `'acquire the lock'`. */
  readonly what: string;
  readonly lock?: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly lane?: Lane;
  /** Sends no token. */
  readonly anonymous?: boolean;
  /** Milliseconds; the client's `timeout` by default. */
  readonly within?: number;
  /** Called when the request may have left this machine: from now on it may have had its effect. */
  readonly sent?: () => void;
}

/** What it needs to know of the options. */
export interface ApiSettings {
  readonly baseUrl: URL;
  /** How long one request may take. Milliseconds. */
  readonly timeout: number;
  /** Absent where the service wants none. */
  readonly token?: TokenSource | undefined;
}

/** A watch has connected. */
export const CONNECTED = Symbol('connected');

/** A watch from which not even a sign of life came for so long is dead. The server gives one every 15 s. */
const SILENCE = 45_000;
/** Events are a few hundred characters long. */
const MAX_EVENT = 64 * 1024;

/** Puts questions to the service: the token, the time limit, and what came back. */
export class Api {
  /** Of all that is asked: hardly any rings. */
  private readonly timeouts: Timeouts;
  private readonly headers = new RequestHeaders();

  constructor(
    private readonly settings: ApiSettings,
    private readonly transport: Transport,
    private readonly runtime: Runtime,
  ) {
    const { clock, scheduler } = runtime;
    this.timeouts = new Timeouts(() => clock.elapsed(), schedulerTimer(scheduler), restOf(scheduler));
  }

  /** The origin of the server, for messages. */
  get where(): string {
    return this.settings.baseUrl.origin;
  }

  /**
   * Emits what the service answered, be it yes or no; a token that is refused is read again, once.
   *
   * Errors with `LockNetworkError` if there was no answer in time, and `LockAuthenticationError` if no token can be read.
   */
  call(call: Call): Observable<Answer> {
    const { what, lock, method = 'GET', path, body, lane = 'contend', anonymous = false, sent = nothing } = call;
    const { timeout: within, token } = this.settings;
    const text = body === undefined ? undefined : JSON.stringify(body);
    let inquiry: Inquiry;
    const send = (bearer: string, sentAt: number): Observable<HttpReply> => {
      inquiry = { what, lock, sentAt, anonymous: bearer === '' };
      return this.transport.request({ method, path, headers: this.headers.of(bearer, text), body: text, lane, sent });
    };
    return exchange({
      what,
      lock,
      within: call.within ?? within,
      timeouts: this.timeouts,
      where: this.where,
      token: anonymous ? undefined : token,
      send,
      read: (reply) => this.read(reply, inquiry),
      explain: (error) => this.explain(error, what, lock),
    });
  }

  /** Emits `CONNECTED` and then the data of each server-sent event; ends or errors when the stream does. */
  events(path: string, what: string, lock: string): Observable<typeof CONNECTED | string> {
    const { timeout: within, token } = this.settings;
    const { scheduler } = this.runtime;
    const silent = (): LockNetworkError =>
      new LockNetworkError('OctoStore has sent nothing for too long', { name: lock });
    const part$ = exchange({
      what,
      lock,
      within,
      timeouts: this.timeouts,
      where: this.where,
      token,
      send: (bearer) =>
        this.transport.stream({
          method: 'GET',
          path,
          headers: { accept: 'text/event-stream', ...this.headers.of(bearer, undefined) },
          sent: nothing,
        }),
      read: (part) => part,
      explain: (error) => this.explain(error, what, lock),
    }).pipe(timeout({ each: SILENCE, scheduler, with: () => throwError(silent) }));
    return new Observable<typeof CONNECTED | string>((sink) => {
      const parser = createParser({
        maxBufferSize: MAX_EVENT,
        onEvent: ({ data }) => {
          sink.next(data);
        },
        onError: ({ type }) => {
          if (type === 'max-buffer-size-exceeded')
            sink.error(new LockNetworkError('an event is too long', { name: lock }));
        },
      });
      return part$.subscribe({
        next: (part) => {
          // The parser takes nothing more once an event was too long.
          if (sink.closed) return;
          if (typeof part === 'string') parser.feed(part);
          else if (part.status === 200) sink.next(CONNECTED);
          else {
            const question = { what, lock, sentAt: 0, anonymous: token === undefined };
            sink.error(errorOf(this.read({ ...part, body: '' }, question)));
          }
        },
        error: (error: unknown) => {
          sink.error(error);
        },
        complete: () => {
          sink.complete();
        },
      });
    });
  }

  private read({ status, retryAfter, body }: HttpReply, inquiry: Inquiry): Answer {
    const { what, lock, anonymous, sentAt } = inquiry;
    const json = readJson(body);
    // Field by field: a spread makes objects that V8 keeps far longer than they live.
    return {
      what,
      lock,
      anonymous,
      sentAt,
      status,
      text: body,
      json,
      code: knownCode(textField(json, 'code')),
      retryAfter: millisField(json, 'retry_after_ms') ?? readRetryAfter(retryAfter, this.runtime.clock.date()),
    };
  }

  private explain(error: unknown, what: string, name: string | undefined): LockError {
    if (error instanceof LockError) return error;
    const cause = causeOf(error);
    const said = (error as { readonly why?: string } | undefined)?.why ?? cause.code;
    const why = said === undefined ? '' : ` (${said})`;
    const hint = hintOf(error, cause);
    const text = `OctoStore at ${this.where} could not be asked to ${what}${why}${hint === undefined ? '' : `: ${hint}`}`;
    return new LockNetworkError(text, {
      name,
      cause,
    });
  }
}

/** By what is wrong with TLS. */
const TLS_HINTS = {
  untrusted: 'its certificate is not trusted; NODE_EXTRA_CA_CERTS names one that is',
  none: 'it seems to have no TLS; then baseUrl begins with http://',
} as const;

/** What may help, if that is clear from why. */
function hintOf(error: unknown, cause: Error & { readonly code?: string }): string | undefined {
  if ((error as Partial<Error> | undefined)?.name === 'HTTPParserError')
    return 'what answers there does not speak HTTP';
  const fault = tlsFault(cause);
  return fault === undefined ? undefined : TLS_HINTS[fault];
}

/** Only message and code: a transport's error may hold what the other side sent. */
function causeOf(error: unknown): Error & { readonly code?: string } {
  const { message, code } = (error ?? {}) as { readonly message?: unknown; readonly code?: unknown };
  const cause = new Error(typeof message === 'string' ? message : 'the connection failed');
  return typeof code === 'string' ? Object.assign(cause, { code }) : cause;
}

function nothing(): void {
  // A request without an effect.
}
