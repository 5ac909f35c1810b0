import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { WebSocket, type ClientOptions } from 'ws';
import { checkCertificates } from './check-certificates.js';
import { hintOf } from './hint-of.js';
import type { Wire, WireUser, Wiring } from './wire.js';

const TURN = Promise.resolve();
/** The largest message that is taken: a list of all locks may be long. Bytes. */
const MAX_MESSAGE = 64 * 1024 * 1024;

/** What only Node can say when it connects. */
export interface NodeSettings {
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly origin: string | undefined;
  readonly ca: string | readonly string[] | undefined;
}

/** Connections by the package `ws`. */
export class NodeWiring implements Wiring {
  /** @throws LockValidationError for a `ca` that is no certificate. */
  constructor(
    private readonly url: string,
    private readonly protocols: readonly string[],
    private readonly settings: NodeSettings,
  ) {
    if (settings.ca !== undefined) checkCertificates([settings.ca].flat());
  }

  open(user: WireUser): Wire {
    return new NodeWire(this.url, [...this.protocols], this.settings, user);
  }

  atEndOfTurn(run: () => void): void {
    // After the microtasks that run now, and all that they make run: a turn of a promise's user is several of them.
    void TURN.then(() => {
      process.nextTick(run);
    });
  }

  later(milliseconds: number, run: () => void): () => void {
    const timer = setTimeout(run, milliseconds).unref();
    return () => {
      clearTimeout(timer);
    };
  }
}

class NodeWire implements Wire {
  private readonly socket: WebSocket;
  /** Beneath it: what keeps the process alive. */
  private stream: Socket | undefined;
  private isOver = false;

  constructor(
    url: string,
    protocols: string[],
    settings: NodeSettings,
    private readonly user: WireUser,
  ) {
    const { headers, origin, ca } = settings;
    const options: ClientOptions & ConnectionOptions = {
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE,
      ...(headers === undefined ? {} : { headers: { ...headers } }),
      ...(origin === undefined ? {} : { origin }),
      ...(ca === undefined ? {} : { ca: [ca].flat() }),
      createConnection: (given) => (this.stream = this.connect(given as TcpNetConnectOpts & ConnectionOptions, url)),
    };
    this.socket = new WebSocket(url, protocols, options);
    this.listen(url);
  }

  send(text: string): void {
    // What it cannot send any more is told by its end.
    this.socket.send(text, () => undefined);
  }

  close(): void {
    this.socket.close(1000);
  }

  cut(): void {
    this.isOver = true;
    this.socket.terminate();
  }

  refer(isNeeded: boolean): void {
    if (isNeeded) this.stream?.ref();
    else this.stream?.unref();
  }

  private connect(options: TcpNetConnectOpts & ConnectionOptions, url: string): Socket {
    // The path is that of the URL, and of no socket.
    const where = { ...options, path: undefined } as unknown as typeof options;
    if (!url.startsWith('wss:')) return connect(where);
    const { host = '' } = options;
    // A certificate for an address has no name to ask for.
    return connectTls({ ...where, servername: isIP(host) === 0 ? host : '' });
  }

  private listen(url: string): void {
    const { socket, user } = this;
    let cause: unknown;
    let hint: string | undefined;
    let hasOpened = false;
    socket.on('open', () => {
      hasOpened = true;
      if (!this.isOver) user.opened();
    });
    socket.on('message', (data, isBinary) => {
      if (!this.isOver) user.heard(isBinary ? undefined : (data as Buffer).toString());
    });
    // It stays until the end: an error that nobody listens to ends the process.
    socket.on('error', (error) => {
      cause = error;
      if (!hasOpened) hint = hintOf(error, url);
    });
    socket.on('unexpected-response', (request, { statusCode }) => {
      request.destroy();
      this.end({ status: statusCode });
    });
    socket.on('close', (code) => {
      this.end({ code: code === 1005 || code === 1006 ? undefined : code, cause, hint });
    });
  }

  private end(end: Parameters<WireUser['ended']>[0]): void {
    if (this.isOver) return;
    this.isOver = true;
    this.user.ended(end);
  }
}
