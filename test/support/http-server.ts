import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a tiny HTTP server sees it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: string;
}

/** A tiny HTTP server on a free port of this machine, for answers that no sane lock service gives. */
export class HttpServer {
  readonly seen: Seen[] = [];

  private constructor(
    readonly url: string,
    private readonly end: () => Promise<void>,
  ) {}

  /** @param connected Called for each connection, whether or not anything comes over it. */
  static async start(
    answer: (seen: Seen, response: ServerResponse) => void,
    connected: () => void = () => undefined,
  ): Promise<HttpServer> {
    const server = createServer((request, response) => {
      void readBody(request).then((body) => {
        const seen = {
          method: request.method ?? '',
          path: request.url ?? '',
          token: request.headers.authorization?.replace('Bearer ', ''),
          body,
        };
        http.seen.push(seen);
        answer(seen, response);
      });
    })
      .on('connection', connected)
      .listen(0, '127.0.0.1');
    await once(server, 'listening');
    const http = new HttpServer(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    });
    return http;
  }

  async stop(): Promise<void> {
    await this.end();
  }
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}
