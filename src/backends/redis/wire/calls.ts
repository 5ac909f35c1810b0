import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import { errorOf } from '../../../values/error-of.js';
import type { Timeout, Timeouts } from '../../../values/timeouts.js';
import { codeOf, isElsewhere } from './error-of-reply.js';
import { listOf } from './list-of.js';
import type { RedisPort, Reply } from './port.js';
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

/** A server that cannot answer in time is not waited for; what it does later is nobody's any more. */
const TOO_LATE = 'it came too late';

/**
 * The connection to Redis, with time limits of our own: what is not answered within `timeout` fails, and takes the connection with it, as all
 * that was sent on it later would wait as well.
 */
export class Calls {
  /** How far the server's clock may be behind ours. */
  private readonly time: RedisTime;
  private readonly pending = new Set<Unanswered>();
  private connecting: Promise<void> | undefined;

  constructor(private readonly options: CallsOptions) {
    this.time = new RedisTime(options.port, options.clock);
    options.port.onDown((cause) => {
      this.down(this.failed('it was lost', cause));
    });
  }

  get port(): RedisPort {
    return this.options.port;
  }

  get isUp(): boolean {
    return this.options.port.isUp && this.time.isKnown;
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
    const { replies, isReplicated } = await this.once(asked);
    if (replies.length > 0) return { replies, isReplicated };
    // Its clock may be ahead of what was known of it, and now that is known.
    if (asked.until === undefined || this.options.clock.elapsed() >= asked.until) throw this.failed(TOO_LATE);
    const again = await this.once(asked);
    if (again.replies.length === 0) throw this.failed(TOO_LATE);
    return again;
  }

  private async once({ script, keys, args, until, replicas }: ScriptCall): Promise<ScriptAnswer> {
    const bySha = [script.sha, String(keys.length), ...keys, this.time.at(until, keys[0]), ...args];
    // The count of replicas is asked for behind the script, before that is answered.
    const ask = (command: string, words: readonly string[]): readonly [Promise<Reply>, Promise<Reply> | undefined] => {
      const asked = this.ask(command, words);
      const reached = replicas && this.ask('WAIT', [String(replicas.count), String(replicas.within)], keys[0]);
      // It is looked at only if the script was run.
      reached?.catch(() => undefined);
      return [asked, reached];
    };
    let [asked, reached] = ask('EVALSHA', bySha);
    const answer = await asked.catch((error: unknown) => {
      if (codeOf(error) !== 'NOSCRIPT') throw error;
      [asked, reached] = ask('EVAL', bySha.with(0, script.source));
      return asked;
    });
    const [now, ...replies] = listOf(answer);
    if (typeof now !== 'number') throw this.nonsense();
    this.time.learn(now, keys[0]);
    return { replies, isReplicated: replicas === undefined || Number(await reached) >= replicas.count };
  }

  /** Sends one command. @returns As {@link run}. */
  ask(command: string, args: readonly string[], key?: string): Promise<Reply> {
    return this.limit((port) => port.send(command, args, key));
  }

  /**
   * Waits for something on the connection, but not for ever.
   *
   * @param isVital If it does not come, the connection is silent.
   */
  limit<T>(start: (port: RedisPort) => Promise<T>, isVital = true): Promise<T> {
    const { port, timeouts, timeout } = this.options;
    return new Promise<T>((resolve, reject) => {
      const pending = new Unanswered(
        (error) => {
          this.settle(pending);
          if (isElsewhere(error)) this.drop(errorOf(error));
          reject(errorOf(error));
        },
        () => {
          const silent = this.failed(`there is no answer within ${String(timeout)} ms`);
          if (isVital) this.drop(silent);
          else pending.fail(silent);
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

  /** What an error of the server means that came within an answer: it may not be the one to ask. */
  heed(error: Error): void {
    if (isElsewhere(error)) this.drop(error);
  }

  /** What an answer that is none means. */
  nonsense(): LockError {
    const error = this.failed('it answered something that is no answer');
    this.drop(error);
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
    const [seconds, micros] = listOf(await this.ask('TIME', []));
    if (!(Number(seconds) > 0 && Number(micros) >= 0)) throw this.nonsense();
    this.time.learn(Number(seconds) * 1000 + Math.floor(Number(micros) / 1000));
  }

  private drop(cause: Error): void {
    this.down(cause);
    this.options.port.reset();
  }

  /** What is under way is not answered any more. */
  private down(error: Error): void {
    this.time.forget();
    for (const pending of [...this.pending]) pending.fail(error);
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
class Unanswered implements Timeout {
  due = 0;
  position = -1;

  constructor(
    readonly fail: (error: unknown) => void,
    readonly ring: () => void,
  ) {}
}
