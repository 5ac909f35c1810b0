import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guesses } from '../../guesses.js';
import type { Health } from '../../health.js';
import type { HttpFront } from '../../net/http-front.js';
import { sourceOf } from '../../net/source-of.js';
import type { Principals } from '../../principals.js';
import { isNear } from './is-near.js';
import type { Prometheus } from './prometheus.js';

/** What they tell, and whom. */
export interface EndpointsOptions {
  readonly principals: Principals;
  readonly guesses: Guesses;
  /** Undefined: there is no `/metrics`. */
  readonly metrics: (() => Promise<Prometheus>) | undefined;
  readonly health: () => Health;
}

/** What else is spoken on a port. */
interface Behind {
  readonly request: HttpFront['request'] | undefined;
  readonly upgrade: HttpFront['upgrade'] | undefined;
}

/** `/health` for everybody, and `/metrics` for programs on this machine and for who has a token. */
export class Endpoints {
  constructor(private readonly options: EndpointsOptions) {}

  /**
   * The two of them, and in front of what else is spoken on a port.
   *
   * @param web Answers what is not for these two, also `/health` if it answers anything; and takes upgrades.
   */
  before({ request: next, upgrade }: Behind): HttpFront {
    return {
      request: (request, response, welcome) => {
        const path = (request.url ?? '').replace(/\?.*$/s, '');
        const isRead = request.method === 'GET' || request.method === 'HEAD';
        if (isRead && path === '/metrics' && this.options.metrics !== undefined)
          this.metrics(request, response, welcome);
        else if (next !== undefined) next(request, response, welcome);
        else if (isRead && path === '/health') this.health(request, response);
        else answer(request, response, 404, { error: 'there is nothing here' });
      },
      ...(upgrade === undefined ? {} : { upgrade }),
      close: () => undefined,
    };
  }

  private health(request: IncomingMessage, response: ServerResponse): void {
    const { isWell, status } = this.options.health();
    answer(request, response, isWell ? 200 : 503, { status });
  }

  private metrics(request: IncomingMessage, response: ServerResponse, welcome: () => void): void {
    const { principals, guesses } = this.options;
    if (isNear(request)) {
      this.tell(request, response);
      return;
    }
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined || !principals.required) {
      const why = principals.required ? 'a token is needed' : 'only programs on this machine may read this';
      answer(request, response, principals.required ? 401 : 403, { error: why });
      return;
    }
    const takeBack = guesses.look(sourceOf(request.socket.remoteAddress ?? ''), token, principals, (principal) => {
      if (principal === undefined) answer(request, response, 401, { error: 'the token is wrong' });
      else {
        welcome();
        this.tell(request, response);
      }
    });
    response.on('close', takeBack);
  }

  private tell(request: IncomingMessage, response: ServerResponse): void {
    void this.options
      .metrics?.()
      .then(async (prometheus) => {
        const text = await prometheus.text();
        response.writeHead(200, { 'content-type': prometheus.contentType });
        response.end(request.method === 'HEAD' ? undefined : text);
      })
      .catch(() => {
        answer(request, response, 500, { error: 'the metrics cannot be told' });
      });
  }
}

function answer(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
  // A body that nobody wants must not keep the connection.
  request.resume();
}
