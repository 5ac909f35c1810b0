import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onFreePorts } from '../../scripts/lib/free-ports.mjs';

/** What a rule does to the first request that contains its text. */
type Action = 'hold' | 'reset-reply' | 'silence-reply' | 'skip-reply' | 'hold-reply' | 'cut-request' | 'cut-reply';

/** So much of what a client says is its beginning. Bytes. */
const BEGINNING = 4000;

type Direction = 'both' | 'requests' | 'replies';

interface Rule {
  readonly text: string;
  readonly action: Action;
  readonly met: () => void;
  readonly released: Promise<void>;
  /** How much of what is cut still arrives. Bytes. */
  readonly bytes?: number;
}

/** A connection through the proxy. */
interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Who is gone without the other's knowing. */
  severed?: 'client' | 'upstream';
  /** What is said to who is gone is answered with a reset. */
  isTold?: boolean;
  /** What the client said first. */
  said: string;
  /** Nothing passes any more, in either direction. */
  isSilent?: boolean;
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
  /** How many connections were ever opened. */
  opened = 0;
  private readonly pairs = new Set<Pair>();
  private rules: Rule[] = [];
  private lost: 'nothing' | Direction = 'nothing';
  private latency = 0;
  private crumbles = false;
  private server: Server | undefined;

  private constructor(
    readonly port: number,
    private readonly target: number,
  ) {}

  /** In front of a port of this machine. */
  static start(target: number): Promise<FaultProxy> {
    return onFreePorts(1, async (port) => {
      const proxy = new FaultProxy(port, target);
      await proxy.accept();
      return proxy;
    });
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.pairs.size;
  }

  /** How many of the requests contain the text. */
  count(text: string): number {
    return this.requests.filter((line) => line.includes(text)).length;
  }

  /** What is sent from now on goes nowhere, and nobody is told, not even of an end. Old and new connections alike. */
  blackhole(which: Direction = 'both'): void {
    this.lost = which;
  }

  /** Nothing passes any more on the connections that are open and on which the client began with this, and nobody is told. */
  silence(text: string): void {
    for (const pair of this.pairs) if (pair.said.includes(text)) pair.isSilent = true;
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
    for (const { client, upstream } of this.pairs) for (const socket of [client, upstream]) socket.resetAndDestroy();
  }

  /**
   * Resets every open connection for one side only. The other hears nothing any more.
   *
   * @param then What becomes of what that other one says: `'silence'` (the default), or a `'reset'` by the first.
   */
  sever(whose: 'client' | 'upstream', then: 'silence' | 'reset' = 'silence'): void {
    for (const pair of this.pairs) {
      pair.severed = whose;
      pair.isTold = then === 'reset';
      pair[whose].resetAndDestroy();
    }
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
    const isSevered = [...this.pairs].some(({ severed }) => severed !== undefined);
    for (const pair of this.pairs) {
      if (pair.isSilent !== true) continue;
      pair.isSilent = false;
      for (const socket of [pair.client, pair.upstream]) socket.resetAndDestroy();
    }
    if (this.lost !== 'nothing' || isSevered) this.reset();
    this.lost = 'nothing';
    this.latency = 0;
    this.crumbles = false;
    this.rules = [];
    if (this.server === undefined) await this.accept();
  }

  /** The next request that contains the text, or its answer, waits here until it is released. */
  hold(text: string, what: 'request' | 'reply' = 'request'): HeldRequest {
    let met = (): void => undefined;
    let release = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (met = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    this.rules.push({ text, action: what === 'request' ? 'hold' : 'hold-reply', met, released });
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

  /**
   * The answer to the next request that contains the text is swallowed, and nothing else.
   *
   * @returns Resolves when it has been.
   */
  skipReply(text: string): Promise<void> {
    return new Promise((met) => {
      this.rules.push({ text, action: 'skip-reply', met, released: Promise.resolve() });
    });
  }

  /**
   * Of the next request that contains the text, or of its answer, only so many bytes arrive; then the connection breaks.
   *
   * @param bytes Of a request: from where the text begins.
   * @returns Resolves when it has broken.
   */
  cut(text: string, what: 'request' | 'reply', bytes: number): Promise<void> {
    return new Promise((met) => {
      this.rules.push({ text, action: `cut-${what}`, met, released: Promise.resolve(), bytes });
    });
  }

  async stop(): Promise<void> {
    await this.refuse();
  }

  private async accept(): Promise<void> {
    const server = createServer({ noDelay: true }, (client) => {
      this.join(client);
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
  }

  private join(client: Socket): void {
    this.opened++;
    const upstream = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const pair: Pair = { client, upstream, said: '' };
    this.pairs.add(pair);
    let reply: Rule | undefined;
    // What was held, or takes its time, must not be overtaken by what follows it.
    let before: Promise<unknown> = Promise.resolve();
    let replies: Promise<unknown> = Promise.resolve();
    client.on('data', (chunk) => {
      if (pair.isSilent === true) return;
      const text = chunk.toString('latin1');
      if (pair.said.length < BEGINNING) pair.said += text;
      this.requests.push(text.slice(0, text.indexOf('\r\n')));
      const rule = this.take(text);
      if (pair.severed !== undefined && pair.isTold === true) client.resetAndDestroy();
      if (rule?.action === 'cut-request') {
        upstream.end(chunk.subarray(0, text.indexOf(rule.text) + rule.bytes!));
        client.resetAndDestroy();
        rule.met();
        return;
      }
      if (rule !== undefined && rule.action !== 'hold') reply = rule;
      if (rule?.action === 'hold') {
        rule.met();
        before = Promise.all([before, rule.released]);
      }
      before = this.forward(before, chunk, upstream, 'requests');
    });
    upstream.on('data', (chunk) => {
      if (pair.isSilent === true) return;
      if (reply === undefined) {
        replies = this.forward(replies, chunk, client, 'replies');
        return;
      }
      if (reply.action === 'hold-reply') {
        replies = Promise.all([replies, reply.released]);
        replies = this.forward(replies, chunk, client, 'replies');
        reply.met();
        reply = undefined;
        return;
      }
      if (reply.action === 'reset-reply') client.resetAndDestroy();
      if (reply.action === 'cut-reply') {
        client.end(chunk.subarray(0, reply.bytes));
        upstream.resetAndDestroy();
      }
      reply.met();
      if (reply.action === 'skip-reply') reply = undefined;
    });
    for (const [side, socket] of [
      ['client', client],
      ['upstream', upstream],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (
          pair.severed === side ||
          pair.isSilent === true ||
          this.swallows(side === 'client' ? 'requests' : 'replies')
        )
          return;
        this.pairs.delete(pair);
        client.destroy();
        upstream.destroy();
      });
    }
  }

  private take(text: string): Rule | undefined {
    const index = this.rules.findIndex((rule) => text.includes(rule.text));
    return index < 0 ? undefined : this.rules.splice(index, 1)[0];
  }

  private swallows(direction: 'requests' | 'replies'): boolean {
    return this.lost === 'both' || this.lost === direction;
  }

  /** Sends it on, after what came before it. */
  private async forward(
    before: Promise<unknown>,
    chunk: Buffer,
    to: Socket,
    direction: 'requests' | 'replies',
  ): Promise<void> {
    await Promise.all([before, this.latency > 0 ? sleep(this.latency) : undefined]);
    if (this.swallows(direction)) return;
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
