import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import { Bag, type BagItem } from '../../../values/bag.js';
import { errorOf } from '../../../values/error-of.js';
import type { Timeout, Timeouts } from '../../../values/timeouts.js';
import { Contact } from './contact.js';
import { codeOf, isDenied, isElsewhere, isPassing } from './error-of-reply.js';
import { listOf } from './list-of.js';
import type { RedisNode, RedisPort, Reply } from './port.js';
import type { Script } from './script.js';
import { RedisTime } from './redis-time.js';

export interface CallsOptions {
  readonly port: RedisPort;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  /** Milliseconds. */
  readonly timeout: number;
}

/** A call of a script: its keys, all in one slot, and its arguments behind the time limit. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** Whatever it does, it does not do it after this, on `clock.elapsed`. Absent: late is better than never. */
  readonly until?: number | undefined;
  /** How many replicas are to have it, and within which time, in milliseconds. */
  readonly replicas?: { readonly count: number; readonly within: number } | undefined;
}

/** What a script has answered. */
export interface ScriptAnswer {
  readonly replies: readonly Reply[];
  /** Do as many replicas have it as were wanted? */
  readonly isReplicated: boolean;
}

/** How much of a slow answer counts at the next one. */
const FADING = 0.9;

/** A server that cannot answer in time is not waited for; what it does later is nobody's any more. */
const TOO_LATE = 'it came too late';

/** What is waited for. */
export interface Waiting {
  /** Who is asked. Absent: any server, or all. */
  readonly node?: RedisNode | undefined;
  /** If it does not come, the connection is silent. `true` by default. */
  readonly isVital?: boolean;
}

/**
 * The connection to Redis, with time limits of our own: what is not answered within `timeout` fails, and takes the connection with it, as all
 * that was sent on it later would wait as well. In a Cluster it is that to the one server that was asked: the others have answered.
 */
export class Calls {
  /** How far the server's clock may be behind ours. */
  private readonly time: RedisTime;
  private readonly pending = new Bag<Unanswered>();
  private connecting: Promise<void> | undefined;
  private lag = 0;
  private readonly contact = new Contact();

  constructor(private readonly options: CallsOptions) {
    this.time = new RedisTime(options.port, options.clock);
    options.port.onDown((cause, node) => {
      // Some libraries are up before the server has looked at the password.
      this.down(isDenied(cause) ? cause : this.failed('it was lost', cause), node);
    });
  }

  get port(): RedisPort {
    return this.options.port;
  }

  get isUp(): boolean {
    return this.options.port.isUp && this.time.isKnown;
  }

  /** How long the slowest of the last answers took. Milliseconds. */
  get roundTrip(): number {
    return this.lag;
  }

  /** Since when the server of a key has answered without a break, as far as is known, on `clock.elapsed`. */
  inContactSince(key: string): number {
    return this.contact.since(this.nodeOf(key), this.options.clock.elapsed());
  }

  /** @returns Resolves when it is up; rejects with a `LockNetworkError`, or an error of Redis as it is. */
  ready(): Promise<void> {
    return (this.connecting ??= this.connect().finally(() => {
      this.connecting = undefined;
    }));
  }

  /**
   * Runs a script.
   *
   * @returns What it answers for each item. Rejects with an error of Redis as it is, or a `LockNetworkError`.
   */
  async run(asked: ScriptCall): Promise<ScriptAnswer> {
    const answer = await this.once(asked);
    if (answer.replies.length > 0) return answer;
    // Its clock may be ahead of what was known of it, and now that is known.
    if (asked.until === undefined || this.options.clock.elapsed() >= asked.until) throw this.failed(TOO_LATE);
    const again = await this.once(asked);
    if (again.replies.length === 0) throw this.failed(TOO_LATE);
    return again;
  }

  private async once({ script, keys, args, until, replicas }: ScriptCall): Promise<ScriptAnswer> {
    const [key] = keys;
    const bySha = [script.sha, String(keys.length), ...keys, this.time.at(until, key), ...args];
    let reached: Promise<Reply> | undefined;
    const ask = (command: string, words: readonly string[]): Promise<Reply> => {
      const asked = this.ask(command, words, key);
      // The count of replicas is asked for behind the script, before that is answered.
      reached = replicas && this.ask('WAIT', [String(replicas.count), String(replicas.within)], key);
      // It is looked at only if the script was run.
      reached?.catch(() => undefined);
      return asked;
    };
    const sentAt = this.options.clock.elapsed();
    let answer: Reply;
    try {
      answer = await ask('EVALSHA', bySha);
    } catch (error) {
      if (codeOf(error) !== 'NOSCRIPT') throw error;
      answer = await ask('EVAL', bySha.with(0, script.source));
    }
    const [now, ...replies] = listOf(answer);
    if (typeof now !== 'number') throw this.nonsense(key);
    this.time.learn(now, key);
    const answeredAt = this.options.clock.elapsed();
    this.contact.heard(this.nodeOf(key), answeredAt);
    this.lag = Math.max(answeredAt - sentAt, this.lag * FADING);
    return { replies, isReplicated: replicas === undefined || Number(await reached) >= replicas.count };
  }

  /** Sends one command to the server of a key. @returns As {@link run}. */
  ask(command: string, args: readonly string[], key: string | undefined): Promise<Reply> {
    return this.limit((port) => port.send(command, args, key), { node: this.nodeOf(key) });
  }

  /** Sends one command to whichever server answers. @returns As {@link run}. */
  askAny(command: string): Promise<Reply> {
    return this.limit(async (port) => {
      const all = port.nodes().map((node) => node.send(command, []));
      // Of a single server this is what it said.
      return Promise.any(all).catch((errors: unknown) => {
        throw errorOf((errors as AggregateError).errors[0]);
      });
    });
  }

  /** Waits for something on the connection, but not for ever. */
  limit<T>(start: (port: RedisPort) => Promise<T>, { node, isVital = true }: Waiting = {}): Promise<T> {
    const { port, timeouts, timeout } = this.options;
    return new Promise<T>((resolve, reject) => {
      const pending = new Unanswered(
        node,
        (error) => {
          this.settle(pending);
          this.heed(errorOf(error), node);
          reject(errorOf(error));
        },
        () => {
          const silent = this.failed(`there is no answer within ${String(timeout)} ms`);
          if (isVital) this.drop(silent, node);
          pending.fail(silent);
        },
      );
      this.pending.add(pending);
      if (this.pending.size === 1) port.keepAlive(true);
      timeouts.set(pending, timeouts.now() + timeout);
      start(port).then((value) => {
        if (this.settle(pending)) resolve(value);
      }, pending.fail);
    });
  }

  /** An error that came within an answer of the server of a key. */
  refused(error: Error, key: string): void {
    this.heed(error, this.nodeOf(key));
  }

  /** What an answer that is none means, of the server of a key, or of any. */
  nonsense(key?: string): LockError {
    const error = this.failed('it answered something that is no answer');
    this.drop(error, this.nodeOf(key));
    return error;
  }

  close(error: LockError): void {
    this.down(error);
    this.options.port.close();
  }

  private async connect(): Promise<void> {
    const { port } = this.options;
    await this.limit(() => port.connect());
    if (this.time.isKnown) return;
    const [seconds, micros] = listOf(await this.askAny('TIME'));
    if (!(Number(seconds) > 0 && Number(micros) >= 0)) throw this.nonsense();
    this.time.learn(Number(seconds) * 1000 + Math.floor(Number(micros) / 1000));
  }

  /** What an error of a server means: it may not be the one to ask, or cannot do now what it may be able to do soon. */
  private heed(error: Error, node: RedisNode | undefined): void {
    if (isPassing(error)) this.contact.broken(node);
    if (isElsewhere(error)) this.drop(error, node);
  }

  private nodeOf(key: string | undefined): RedisNode | undefined {
    return key === undefined ? undefined : this.options.port.nodeOf(key);
  }

  private drop(cause: Error, node: RedisNode | undefined): void {
    this.down(cause, node);
    this.options.port.reset(node);
  }

  /** What is under way to a server is not answered any more; without one, to all of them. */
  private down(error: Error, node?: RedisNode): void {
    this.time.forget(node);
    this.contact.broken(node);
    for (const pending of this.pending.toArray()) {
      if (node === undefined || pending.node === node) pending.fail(error);
    }
  }

  private settle(pending: Unanswered): boolean {
    const { port, timeouts } = this.options;
    timeouts.clear(pending);
    if (!this.pending.delete(pending)) return false;
    if (this.pending.size === 0) port.keepAlive(false);
    return true;
  }

  private failed(what: string, cause?: unknown): LockNetworkError {
    return new LockNetworkError(`the connection to Redis at ${this.port.where}: ${what}`, { cause });
  }
}

/** A question that is not answered yet. */
class Unanswered implements Timeout, BagItem {
  spot = -1;
  due = 0;
  position = -1;

  constructor(
    /** Who is asked; `undefined`: any of them, or all. */
    readonly node: RedisNode | undefined,
    readonly fail: (error: unknown) => void,
    readonly ring: () => void,
  ) {}
}
