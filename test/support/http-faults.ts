import { once } from 'node:events';
import {
  createServer,
  request,
  type ClientRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request that came by. */
export interface Passage {
  /** Method and path: `POST /locks/NAME/renew`. */
  readonly line: string;
  readonly body: string;
  /** When it came, on `performance.now`. */
  readonly at: number;
  /** When it was answered, by the server or in its place. */
  answeredAt?: number;
}

/** An answer in the server's place. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request, or its reply, that was stopped on its way. */
export interface Stopped {
  /** It has arrived here. */
  readonly arrived: Promise<void>;
  /** Sends it on, whether or not somebody still waits for it. */
  release(): void;
}

interface Rule {
  readonly text: string;
  times: number;
  /** Called with the request; before it is sent on, or with its reply. */
  readonly onRequest?: (passage: Passage, response: ServerResponse) => Promise<'on' | 'handled'>;
  readonly onReply?: (response: ServerResponse) => Promise<'on' | 'handled'>;
}

/**
 * An HTTP proxy in front of a server, for what only somebody who reads HTTP can do to people. Unlike a TCP proxy it sends
 * on what its client has given up, as a network would that has it in its buffers.
 */
export class HttpFaults {
  /** All that came by. */
  readonly seen: Passage[] = [];
  private rules: Rule[] = [];
  private readonly upstream = new Set<ClientRequest>();

  private constructor(
    private readonly target: number,
    private readonly server: Server,
  ) {}

  /** In front of a port of this machine. */
  static async start(target: number): Promise<HttpFaults> {
    const server = createServer({ keepAliveTimeout: 0 });
    const faults = new HttpFaults(target, server);
    server.on('request', (incoming, response) => {
      faults.take(incoming, response).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return faults;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The requests whose method and path contain the text. */
  those(text: string): readonly Passage[] {
    return this.seen.filter(({ line }) => line.includes(text));
  }

  /** Requests that contain the text are answered here, and do not reach the server. */
  answer(text: string, { status, headers = {}, body = '' }: Reply, times = Infinity): void {
    const onRequest = (passage: Passage, response: ServerResponse): Promise<'handled'> => {
      passage.answeredAt = performance.now();
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
      return Promise.resolve('handled');
    };
    this.rules.push({ text, times, onRequest });
  }

  /** Requests that contain the text reach nobody, and get no answer. */
  swallow(text: string): void {
    this.rules.push({ text, times: Infinity, onRequest: () => Promise.resolve('handled') });
  }

  /** The next request that contains the text, or the reply to it, waits here until it is released. */
  hold(text: string, what: 'request' | 'reply' = 'request'): Stopped {
    let met = (): void => undefined;
    let release = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (met = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    const stop = async (): Promise<'on'> => {
      met();
      await released;
      return 'on';
    };
    this.rules.push({ text, times: 1, ...(what === 'request' ? { onRequest: stop } : { onReply: stop }) });
    return { arrived, release };
  }

  /**
   * The next request that contains the text reaches the server, but the answer does not come back.
   *
   * @param how `'reset'`: the connection breaks. `'silence'`: nothing happens.
   * @returns Resolves when the server has answered.
   */
  loseReply(text: string, how: 'reset' | 'silence'): Promise<void> {
    return new Promise((resolve) => {
      const onReply = (response: ServerResponse): Promise<'handled'> => {
        if (how === 'reset') response.destroy();
        resolve();
        return Promise.resolve('handled');
      };
      this.rules.push({ text, times: 1, onReply });
    });
  }

  /** Everything passes again. What was held stays held. */
  heal(): void {
    this.rules = [];
  }

  async stop(): Promise<void> {
    for (const outgoing of this.upstream) outgoing.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming;
    const passage: Passage = { line: `${method} ${url}`, body: await text(incoming), at: performance.now() };
    this.seen.push(passage);
    const rule = this.rules.find((one) => passage.line.includes(one.text));
    if (rule !== undefined && --rule.times === 0) this.rules.splice(this.rules.indexOf(rule), 1);
    if ((await rule?.onRequest?.(passage, response)) === 'handled') return;
    const reply = await this.forward(incoming, passage.body);
    passage.answeredAt = performance.now();
    if ((await rule?.onReply?.(response)) === 'handled') {
      reply.resume();
      return;
    }
    // Nobody is left to read a stream that has no end.
    if (response.closed) reply.destroy();
    response.once('close', () => reply.destroy());
    response.writeHead(reply.statusCode ?? 500, withoutHops(reply.headers));
    response.flushHeaders();
    reply.on('error', () => response.destroy());
    reply.on('aborted', () => response.destroy());
    reply.pipe(response);
  }

  private forward({ method, url, headers }: IncomingMessage, body: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const target = { host: '127.0.0.1', port: this.target, agent: false as const };
      const outgoing = request({ ...target, method, path: url, headers: withoutHops(headers) }, resolve);
      this.upstream.add(outgoing);
      outgoing.on('close', () => this.upstream.delete(outgoing));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

/** Headers that are about one connection only. */
function withoutHops(headers: NodeJS.Dict<string | string[]>): Record<string, string | string[]> {
  const hops = new Set(['connection', 'keep-alive', 'transfer-encoding']);
  const rest: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!hops.has(name) && value !== undefined) rest[name] = value;
  }
  return rest;
}
