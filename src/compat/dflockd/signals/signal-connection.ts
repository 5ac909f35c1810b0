import type { Socket } from 'node:net';
import { listenLine } from '../../../backends/dflockd/wire/commands.js';
import { readSignal } from '../../../backends/dflockd/telling/signals.js';
import { checkChannel, checkKey, checkPattern, checkPayload } from '../../../backends/dflockd/wire/text.js';
import { LockClosedError, LockNetworkError } from '../../../contract/errors.js';
import { callBack } from './call-back.js';
import { adopt, channelOf } from '../channel/channel-of.js';
import type { Channel } from '../channel/channel.js';
import { openChannel, validateConnection } from '../channel/open-channel.js';
import { heartbeat, ping } from './heartbeat.js';
import { SignalQueue } from './signal-queue.js';
import { order, tell } from '../channel/tell.js';
import { translated, translating } from '../document/translate.js';
import type { ConnectOptions, Signal } from '../document/types.js';
import { validateMilliseconds } from '../document/validate.js';

const DEFAULT_HEARTBEAT = 15_000;

/** Options of `SignalConnection.connect`. */
export interface SignalConnectOptions extends ConnectOptions {
  /** How often the server is asked whether it is still there, in milliseconds; 0: seldom. 15000 by default. */
  heartbeatIntervalMs?: number | undefined;
}

/**
 * A connection that hears signals: by `onSignal`, or by iterating over it, which ends when it is closed. A server that
 * does not answer is noticed by its heartbeat, and closes it: `isClosed`.
 *
 * @param sock A socket that you have opened; `SignalConnection.connect()` opens one for you.
 * @param heartbeatIntervalMs 15000 by default.
 *
 * @example
 * ```ts
 * import { SignalConnection } from 'rxlock/compat/dflockd';
 *
 * const signals = await SignalConnection.connect({ host: '127.0.0.1', port: 6388 });
 * await signals.listen('jobs.*');
 * await signals.emit('jobs.done', '42');
 * for await (const { channel, payload } of signals) {
 *   console.log(channel, payload);
 *   break;
 * }
 * signals.close();
 * ```
 */
export class SignalConnection implements AsyncIterable<Signal> {
  readonly #channel: Channel;
  readonly #listeners = new Set<(signal: Signal) => unknown>();
  readonly #queue = new SignalQueue();

  constructor(sock: Socket, heartbeatIntervalMs: number = DEFAULT_HEARTBEAT) {
    validateMilliseconds(heartbeatIntervalMs, 'heartbeatIntervalMs');
    const channel = channelOf(sock);
    this.#channel = channel;
    channel.hears((line) => this.#hear(line));
    const heart = heartbeat(channel, heartbeatIntervalMs);
    channel.onEnd(() => {
      heart?.unsubscribe();
      this.#queue.close();
    });
  }

  /**
   * Opens a connection.
   *
   * @param options `host` (`'127.0.0.1'`), `port` (6388), `tls`, `auth`, `connectTimeoutMs`, `heartbeatIntervalMs` (15000).
   * @throws LockError
   */
  static async connect(options: SignalConnectOptions = {}): Promise<SignalConnection> {
    const { heartbeatIntervalMs = DEFAULT_HEARTBEAT } = options;
    validateConnection(options);
    validateMilliseconds(heartbeatIntervalMs, 'heartbeatIntervalMs');
    const channel = openChannel(options);
    await channel.opened;
    // Whether the token is accepted shows with the first answer.
    if (options.auth !== undefined && channel.error === undefined) await ping(channel);
    if (channel.error !== undefined) throw translated(channel.error);
    adopt(channel);
    return new SignalConnection(channel.socket, heartbeatIntervalMs);
  }

  /** Is it closed, by whom or what ever? */
  get isClosed(): boolean {
    return this.#channel.error !== undefined;
  }

  /**
   * Hears signals from now on.
   *
   * @param pattern A channel; `*` stands for one word of it between dots, `>` for all that follow.
   * @param group Of those with the same pattern and group one at a time is told. None by default.
   * @throws LockError
   */
  async listen(pattern: string, group = ''): Promise<void> {
    checkBoth(pattern, group);
    await order(this.#channel, listenLine(pattern, group), 'listen for signals', readOk);
  }

  /** Hears them no more; arguments as those of `listen`. @throws LockError */
  async unlisten(pattern: string, group = ''): Promise<void> {
    checkBoth(pattern, group);
    await order(this.#channel, `un${listenLine(pattern, group)}`, 'stop listening', readOk);
  }

  /** Publishes a signal. @returns How many heard it. @throws LockError */
  async emit(channel: string, payload: string): Promise<number> {
    translating(() => {
      checkChannel(channel);
      checkPayload(payload);
    });
    return tell(this.#channel, channel, payload);
  }

  /** Calls back with each signal. */
  onSignal(listener: (signal: Signal) => unknown): void {
    this.#queue.use();
    this.#listeners.add(listener);
  }

  /** Does so no more. */
  offSignal(listener: (signal: Signal) => unknown): void {
    this.#listeners.delete(listener);
  }

  /**
   * Each iteration gets all that is heard while it runs; the first also what came before anybody heard, the last 1000. Of
   * what an iteration has not taken yet the last 10,000 are kept.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Signal> {
    return this.#queue.read();
  }

  /** Ends every iteration and the heartbeat, and closes the socket. */
  close(): void {
    this.#channel.close(new LockClosedError('the signal connection was closed'));
  }

  #hear(line: string): boolean {
    if (!line.startsWith('sig ')) return false;
    const signal = readSignal(line);
    if (signal === undefined) {
      const { where } = this.#channel.connection;
      this.#channel.close(new LockNetworkError(`dflockd at ${where} sent a signal that could not be understood`));
      return true;
    }
    for (const listener of [...this.#listeners]) {
      callBack('a listener of signals', () => listener({ ...signal }));
    }
    this.#queue.push(signal);
    return true;
  }
}

function checkBoth(pattern: string, group: string): void {
  translating(() => {
    checkPattern(pattern);
    if (group !== '') checkKey(group, 'group');
  });
}

function readOk(line: string): true | undefined {
  return line === 'ok' ? true : undefined;
}
