import type { Observable } from 'rxjs';

/** The longest answer that is read; a lock service has no reason to send more. Bytes. */
export const MAX_BODY = 1024 * 1024;

/** Stands for a body that is not UTF-8: a lease id that was read wrong must not be taken for one. It is no JSON, and not empty. */
export const GARBLED = '\ufffd';

/**
 * What a request must not wait behind: renewals have connections of their own, so that many contenders of a slow
 * server cannot delay them past a deadline.
 */
export type Lane = 'hold' | 'contend';

/** One HTTP request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Begins with `/`; already encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly lane: Lane;
  /** Called when it may have left this machine. */
  readonly sent: () => void;
}

/** The head of an answer. */
export interface HttpHead {
  readonly status: number;
  /** The `Retry-After` header. */
  readonly retryAfter: string | undefined;
}

/** A whole answer. */
export interface HttpReply extends HttpHead {
  readonly body: string;
}

/**
 * How bytes travel. Neither method follows a redirect; unsubscribing aborts the request; both fail when the connection
 * does; neither has a timeout of its own.
 */
export interface Transport {
  /** Emits one reply, of at most {@link MAX_BODY} bytes. */
  request(request: HttpRequest): Observable<HttpReply>;
  /** Emits the head at once, then text as it comes, for as long as the server sends. */
  stream(request: Omit<HttpRequest, 'lane'>): Observable<HttpHead | string>;
  /** Gives up every connection. */
  close(): Promise<void>;
}

/** What a transport needs to know. */
export interface TransportOptions {
  /** Without a `/` at its end. */
  readonly baseUrl: URL;
  /** How long a connection may take to open. Milliseconds. */
  readonly connectTimeout: number;
}
