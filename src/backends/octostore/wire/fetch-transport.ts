import { Observable, type Subscriber } from 'rxjs';
import { LockConfigError } from '../../../contract/errors.js';
import { linger } from './linger.js';
import {
  GARBLED,
  MAX_BODY,
  type HttpHead,
  type HttpReply,
  type HttpRequest,
  type Transport,
  type TransportOptions,
} from './transport.js';

/** What this transport is made of. Without it, every request would fail, and be sent again for ever. */
const NEEDED = ['fetch', 'AbortController', 'TextDecoder'] as const;

/** The transport of browsers and of every other place that has `fetch`. */
export class FetchTransport implements Transport {
  private readonly baseUrl: string;
  private readonly open = new Set<AbortController>();
  private closed = false;

  /** @throws LockConfigError where it cannot work. */
  constructor({ baseUrl }: TransportOptions) {
    const missing = NEEDED.find((name) => typeof globalThis[name] !== 'function');
    if (missing !== undefined) {
      throw new LockConfigError(
        `octostore() needs ${missing}, which is missing here; under jest, use its environment 'node'`,
      );
    }
    this.baseUrl = baseUrl.origin + baseUrl.pathname.replace(/\/$/, '');
  }

  request(request: HttpRequest): Observable<HttpReply> {
    const read = async (response: Response, sink: Subscriber<HttpReply>): Promise<void> => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      await readBytes(response, (chunk) => {
        size += chunk.byteLength;
        if (size > MAX_BODY) throw new Error('the answer is longer than 1 MiB');
        chunks.push(chunk);
      });
      sink.next({ ...headOf(response), body: decode(chunks) });
    };
    return this.exchange(request, read, request.method === 'GET');
  }

  stream(request: Omit<HttpRequest, 'lane'>): Observable<HttpHead | string> {
    return this.exchange<HttpHead | string>(request, async (response, sink) => {
      sink.next(headOf(response));
      const decoder = new TextDecoder();
      await readBytes(response, (chunk) => {
        sink.next(decoder.decode(chunk, { stream: true }));
      });
    });
  }

  close(): Promise<void> {
    this.closed = true;
    for (const abort of this.open) abort.abort(closedError());
    return Promise.resolve();
  }

  private exchange<T>(
    { method, path, headers, body, sent }: Omit<HttpRequest, 'lane'>,
    read: (response: Response, sink: Subscriber<T>) => Promise<void>,
    isShort = false,
  ): Observable<T> {
    return new Observable((sink) => {
      const abort = new AbortController();
      this.open.add(abort);
      const cut = (): void => {
        abort.abort(new Error('nobody waits for the answer any more'));
      };
      sink.add(() => {
        if (isShort && this.open.has(abort)) linger(cut);
        else cut();
      });
      if (this.closed) abort.abort(closedError());
      sent();
      fetch(this.baseUrl + path, {
        method,
        headers: headers as Record<string, string>,
        body: body ?? null,
        redirect: 'manual',
        credentials: 'omit',
        cache: 'no-store',
        signal: abort.signal,
      })
        .then((response) => read(response, sink))
        .finally(() => this.open.delete(abort))
        .then(
          () => {
            sink.complete();
          },
          (error: unknown) => {
            sink.error(isWithheld(error) ? withheldError(error) : error);
          },
        );
    });
  }
}

/** A page is not told why there was no answer: a server that does not allow its origin looks as one that is down. */
function isWithheld(error: unknown): error is TypeError {
  if (typeof location === 'undefined' || typeof location.origin !== 'string') return false;
  return error instanceof Error && error.name === 'TypeError' && error.cause === undefined;
}

function withheldError(error: TypeError): Error {
  const why = `it is out of reach, or does not allow pages of ${location.origin}, which is called CORS: a browser does not say`;
  return Object.assign(new Error(`${error.message}: ${why}`), { why });
}

function closedError(): Error {
  return new Error('the connection was closed');
}

function headOf(response: Response): HttpHead {
  // Browsers hide a redirect that was not followed behind status 0.
  const status = response.type === 'opaqueredirect' ? 302 : response.status;
  return { status, retryAfter: response.headers.get('retry-after') ?? undefined };
}

function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
  } catch {
    return GARBLED;
  }
}

async function readBytes(response: Response, next: (chunk: Uint8Array) => void): Promise<void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) next(part.value);
}
