import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a rule does to the first request that contains its text. */
type Action = 'hold' | 'reset-reply' | 'silence-reply';

type Direction = 'both' | 'requests' | 'replies';

interface Rule {
  readonly text: string;
  readonly action: Action;
  readonly met: () => void;
  readonly released: Promise<void>;
}

/** A request that was stopped on its way. */
export interface HeldRequest {
  /** It has arrived at the proxy. */
  readonly arrived: Promise<void>;
  /** Sends it on. */
  release(): void;
}

/** A TCP proxy in front of a server, for everything that a network does to people. Parallel connections are independent. */
export class FaultProxy {
  /** The first line of each chunk that a client sent: for HTTP, its request lines. */
  readonly requests: string[] = [];
  private readonly pairs = new Set<readonly [client: Socket, upstream: Socket]>();
  private rules: Rule[] = [];
  private lost: 'nothing' | Direction = 'nothing';
  private latency = 0;
  private crumbles = false;
  private server: Server | undefined;
  private chosen = 0;

  private constructor(private readonly target: number) {}

  /** In front of a port of this machine. */
  static async start(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await proxy.accept();
    return proxy;
  }

  get port(): number {
    return this.chosen;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.chosen)}`;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.pairs.size;
  }

  /** How many of the requests contain the text. */
  count(text: string): number {
    return this.requests.filter((line) => line.includes(text)).length;
  }

  /** What is sent from now on goes nowhere, and nobody is told. Old and new connections alike. */
  blackhole(which: Direction = 'both'): void {
    this.lost = which;
  }

  /** What is sent from now on arrives this much later, in each direction. Milliseconds. */
  delay(latency: number): void {
    this.latency = latency;
  }

  /** What is sent from now on arrives byte by byte, each in a packet of its own, in both directions. */
  crumble(): void {
    this.crumbles = true;
  }

  /** Resets every open connection. */
  reset(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Resets every connection, and lets nobody in until `heal()`. */
  async refuse(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    server.close();
    this.reset();
    await once(server, 'close');
  }

  /** Everything passes again. Connections that were blackholed have lost what they carried, so they are reset. */
  async heal(): Promise<void> {
    if (this.lost !== 'nothing') this.reset();
    this.lost = 'nothing';
    this.latency = 0;
    this.crumbles = false;
    this.rules = [];
    if (this.server === undefined) await this.accept();
  }

  /** The next request that contains the text waits here until it is released. */
  hold(text: string): HeldRequest {
    let met = (): void => undefined;
    let release = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (met = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    this.rules.push({ text, action: 'hold', met, released });
    return { arrived, release };
  }

  /**
   * The next request that contains the text reaches the server, but the answer does not come back.
   *
   * @param how `'reset'`: the connection breaks. `'silence'`: nothing happens.
   * @returns Resolves when the server has answered.
   */
  loseReply(text: string, how: 'reset' | 'silence'): Promise<void> {
    return new Promise((met) => {
      this.rules.push({ text, action: `${how}-reply`, met, released: Promise.resolve() });
    });
  }

  async stop(): Promise<void> {
    await this.refuse();
  }

  private async accept(): Promise<void> {
    const server = createServer({ noDelay: true }, (client) => {
      this.join(client);
    });
    server.listen(this.chosen, '127.0.0.1');
    await once(server, 'listening');
    this.chosen = (server.address() as AddressInfo).port;
    this.server = server;
  }

  private join(client: Socket): void {
    const upstream = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const pair = [client, upstream] as const;
    this.pairs.add(pair);
    let reply: Rule | undefined;
    // What was held, or takes its time, must not be overtaken by what follows it.
    let before: Promise<unknown> = Promise.resolve();
    let replies: Promise<unknown> = Promise.resolve();
    client.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      this.requests.push(text.slice(0, text.indexOf('\r\n')));
      const rule = this.take(text);
      if (rule !== undefined && rule.action !== 'hold') reply = rule;
      if (rule?.action === 'hold') {
        rule.met();
        before = Promise.all([before, rule.released]);
      }
      before = this.forward(before, chunk, upstream, 'requests');
    });
    upstream.on('data', (chunk) => {
      if (reply === undefined) {
        replies = this.forward(replies, chunk, client, 'replies');
        return;
      }
      reply.met();
      if (reply.action === 'reset-reply') client.resetAndDestroy();
    });
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
  }

  private take(text: string): Rule | undefined {
    const index = this.rules.findIndex((rule) => text.includes(rule.text));
    return index < 0 ? undefined : this.rules.splice(index, 1)[0];
  }

  /** Sends it on, after what came before it. */
  private async forward(
    before: Promise<unknown>,
    chunk: Buffer,
    to: Socket,
    direction: 'requests' | 'replies',
  ): Promise<void> {
    await Promise.all([before, this.latency > 0 ? sleep(this.latency) : undefined]);
    if (this.lost === 'both' || this.lost === direction) return;
    if (!this.crumbles) {
      if (to.writable) to.write(chunk);
      return;
    }
    for (const byte of chunk) {
      if (to.writable) to.write(Buffer.of(byte));
      // In a packet of its own.
      await nextTurn();
    }
  }
}
