import { isUtf8 } from 'node:buffer';
import { Observable, type Subscriber } from 'rxjs';
import { Client, Pool, type Dispatcher } from 'undici';
import { linger } from './linger.js';
import {
  GARBLED,
  MAX_BODY,
  type HttpHead,
  type HttpReply,
  type HttpRequest,
  type Lane,
  type Transport,
  type TransportOptions,
} from './transport.js';

/** Renewals and releases; contention. */
const CONNECTIONS = { hold: 16, contend: 24 } as const;
const RETRY_AFTER = 'retry-after';
/** Whoever watches more names than this finds out about the others by polling. */
const MAX_STREAMS = 128;

/**
 * Node's transport: pools of kept-alive connections, one request at a time on each.
 *
 * It hands over to undici's `dispatch`, because `request` and `fetch` make a stream and several promises for each
 * answer, which costs more than the rest of a lock's cycle.
 */
export class UndiciTransport implements Transport {
  private readonly pools: Readonly<Record<Lane, Pool>>;
  /** How many requests of contention's are under way. */
  private contending = 0;
  private readonly streams = new Set<Client>();
  private readonly origin: string;
  private readonly options: Client.Options;
  /** Of the base URL, put before each request's. */
  private readonly path: string;

  constructor({ baseUrl, connectTimeout }: TransportOptions) {
    this.path = baseUrl.pathname.replace(/\/$/, '');
    this.origin = baseUrl.origin;
    this.options = {
      pipelining: 1,
      connect: { timeout: connectTimeout },
      // Every request is timed by its caller, and a watch has no end.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    const pool = (connections: number): Pool => new Pool(this.origin, { ...this.options, connections });
    this.pools = { hold: pool(CONNECTIONS.hold), contend: pool(CONNECTIONS.contend) };
  }

  request(request: HttpRequest): Observable<HttpReply> {
    return new Observable((sink) => {
      const { hold, contend } = this.pools;
      // Lanes are for a crowd: without one, a connection that has just answered is cheaper to use than one that idled.
      if (request.lane === 'hold' && this.contending >= CONNECTIONS.contend) {
        this.dispatch(hold, request, new WholeReply(sink, request, nothing));
      } else {
        this.contending++;
        this.dispatch(contend, request, new WholeReply(sink, request, this.contended));
      }
    });
  }

  stream(request: Omit<HttpRequest, 'lane'>): Observable<HttpHead | string> {
    return new Observable((sink) => {
      if (this.streams.size >= MAX_STREAMS) {
        sink.error(new Error(`more than ${String(MAX_STREAMS)} names are watched`));
        return;
      }
      // A connection of its own, which goes with it: a pool would open another in place of one that was cut.
      const client = new Client(this.origin, this.options);
      this.streams.add(client);
      this.dispatch(client, request, new StreamedReply(sink, request));
      sink.add(() => {
        this.streams.delete(client);
        void client.destroy();
      });
    });
  }

  async close(): Promise<void> {
    const dispatchers: readonly Dispatcher[] = [...Object.values(this.pools), ...this.streams];
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
  }

  private readonly contended = (): void => {
    this.contending--;
  };

  private dispatch<T>(
    to: Dispatcher,
    { method, path, headers, body }: Omit<HttpRequest, 'lane'>,
    reply: UndiciReply<T>,
  ): void {
    const dispatched: Dispatcher.DispatchOptions = {
      method,
      path: this.path + path,
      headers: headers as Record<string, string>,
      body: body ?? null,
    };
    to.dispatch(dispatched, reply);
  }
}

/**
 * What undici tells about one request, by the older names of its handlers: by the newer ones it makes an object of all
 * headers, one of all trailers and a controller for each answer, a twentieth of what a lock's cycle costs.
 */
abstract class UndiciReply<T> {
  // No initial values of fields: V8 defines those slowly, microseconds for each answer, where a class has two kinds.
  declare protected status: number;
  declare protected retryAfter: string | undefined;
  declare private cut: ((error?: Error) => void) | undefined;

  constructor(
    protected readonly sink: Subscriber<T>,
    protected readonly request: Omit<HttpRequest, 'lane'>,
  ) {
    this.status = 0;
    this.retryAfter = undefined;
    this.cut = undefined;
    sink.add(() => {
      this.leave();
    });
  }

  onConnect(cut: (error?: Error) => void): void {
    this.cut = cut;
    if (this.sink.closed) this.abort();
    else this.request.sent();
  }

  onHeaders(status: number, headers: readonly Buffer[]): boolean {
    this.status = status;
    this.retryAfter = retryAfterOf(headers);
    if (status >= 200) this.started();
    return true;
  }

  abstract onData(chunk: Buffer): boolean;

  onComplete(): void {
    this.cut = undefined;
    this.settled();
    this.ended();
  }

  onError(error: Error): void {
    this.cut = undefined;
    this.settled();
    this.sink.error(error);
  }

  /** Its connection is free again, whether anybody still waits or not. */
  protected settled(): void {
    // A stream has a connection of its own.
  }

  protected started(): void {
    // The head says nothing yet that anybody waits for.
  }

  protected ended(): void {
    this.sink.complete();
  }

  protected get isOpen(): boolean {
    return this.cut !== undefined;
  }

  /** Nobody waits any more. */
  protected leave(): void {
    this.abort();
  }

  /** @param why What becomes of whoever still waits. */
  protected abort(why?: Error): void {
    const { cut } = this;
    if (cut === undefined) return;
    this.cut = undefined;
    // An error is costly to make, and hardly any answer is left.
    cut(why ?? new Error('nobody waits for the answer any more'));
  }
}

class WholeReply extends UndiciReply<HttpReply> {
  declare private readonly chunks: Buffer[];
  declare private size: number;

  constructor(
    sink: Subscriber<HttpReply>,
    request: HttpRequest,
    private readonly over: () => void,
  ) {
    super(sink, request);
    this.chunks = [];
    this.size = 0;
  }

  protected override settled(): void {
    this.over();
  }

  onData(chunk: Buffer): boolean {
    this.size += chunk.length;
    if (this.size <= MAX_BODY) {
      this.chunks.push(chunk);
      return true;
    }
    // undici tells of the end that is made here before it returns, with the same error.
    const tooLong = new Error('the answer is longer than 1 MiB');
    this.abort(tooLong);
    this.sink.error(tooLong);
    return true;
  }

  protected override leave(): void {
    if (this.request.method !== 'GET') this.abort();
    else if (this.isOpen) {
      // What was only to be read is short.
      linger(() => {
        this.abort();
      });
    }
  }

  protected override ended(): void {
    const [first] = this.chunks;
    const whole = first !== undefined && this.chunks.length === 1 ? first : Buffer.concat(this.chunks);
    const body = isUtf8(whole) ? whole.toString('utf8') : GARBLED;
    this.sink.next({ status: this.status, retryAfter: this.retryAfter, body });
    this.sink.complete();
  }
}

class StreamedReply extends UndiciReply<HttpHead | string> {
  private readonly decoder = new TextDecoder();

  onData(chunk: Buffer): boolean {
    this.sink.next(this.decoder.decode(chunk, { stream: true }));
    return true;
  }

  protected override started(): void {
    this.sink.next({ status: this.status, retryAfter: this.retryAfter });
  }
}

/** @param headers Names and values in turn. What is said twice is not said. */
function retryAfterOf(headers: readonly Buffer[]): string | undefined {
  let found: Buffer | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at];
    if (name?.length !== RETRY_AFTER.length || name.toString('latin1').toLowerCase() !== RETRY_AFTER) continue;
    if (found !== undefined) return undefined;
    found = headers[at + 1];
  }
  return found?.toString('latin1');
}

function nothing(): void {
  // Nobody counts them.
}
