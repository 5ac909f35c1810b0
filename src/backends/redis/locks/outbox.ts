import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import type { Kind } from '../../../values/kind-of.js';
import { called, caughtError, errorOfReply } from '../wire/error-of-reply.js';
import type { Calls, ScriptAnswer } from '../wire/calls.js';
import { listOf } from '../wire/list-of.js';
import type { Reply } from '../wire/port.js';
import { slotOf } from '../wire/slot-of.js';
import type { Verb, Verbs } from './verbs.js';

const TURN = Promise.resolve();

/** One thing that is asked of Redis, for one name. */
export interface Ask {
  /** What is asked, for messages: `'acquire'`. */
  readonly what: string;
  /** Of what. */
  readonly kind: Kind;
  readonly name: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** Not sent any more if nobody wants it. */
  readonly isUnwanted?: boolean;
  /** It is sent at this moment. */
  sent?(at: number): void;
  /** @param sentAt On `clock.elapsed`. @param isReplicated By as many replicas as are wanted. */
  answered(reply: Reply, sentAt: number, isReplicated: boolean): void;
  /** @param isSent It may have been done, or be done later, unless it is too late for it. */
  failed(error: LockError, isSent: boolean): void;
}

export interface RedisOutboxOptions {
  readonly calls: Calls;
  readonly clock: Clock;
  readonly verbs: Verbs;
  /** Milliseconds. */
  readonly timeout: number;
  readonly replicas: number;
  /** Of a server that may be cold: the mark's key in a slot, and the longest ttl in milliseconds. */
  readonly cold?: { readonly keyOf: (slot: number) => string; readonly longest: number } | undefined;
}

/** What is asked in one turn: it goes out at its end, as one call for each verb and slot. */
export class RedisOutbox {
  /** In the order in which it is sent. */
  private readonly asked = new Map<Verb, Ask[]>();
  private isPlanned = false;

  constructor(private readonly options: RedisOutboxOptions) {
    for (const verb of Object.values(options.verbs) as Verb[]) this.asked.set(verb, []);
  }

  add(verb: Verb, ask: Ask): void {
    (this.asked.get(verb) as Ask[]).push(ask);
    if (this.isPlanned) return;
    this.isPlanned = true;
    // After the microtasks that run now, and all that they make run: a turn of a promise's user is several of them.
    void TURN.then(() => {
      process.nextTick(() => {
        this.flush();
      });
    });
  }

  private flush(): void {
    const { calls } = this.options;
    if (calls.isUp) this.send();
    else
      calls.ready().then(
        () => {
          this.send();
        },
        (error: unknown) => {
          for (const [, asks] of this.take()) this.fail(asks, error, false);
        },
      );
  }

  private take(): readonly (readonly [Verb, readonly Ask[]])[] {
    this.isPlanned = false;
    const taken: [Verb, readonly Ask[]][] = [];
    for (const [verb, asks] of this.asked) {
      if (asks.length === 0) continue;
      this.asked.set(verb, []);
      const wanted = asks.filter((ask) => ask.isUnwanted !== true);
      if (wanted.length > 0) taken.push([verb, wanted]);
    }
    return taken;
  }

  private send(): void {
    const calls = this.take().flatMap(([verb, asks]) => this.inCalls(asks, verb).map((some) => ({ verb, some })));
    let at = 0;
    const next = (): void => {
      const call = calls[at++];
      if (call === undefined) return;
      void this.call(call.verb, call.some);
      // Each is written by itself: the server begins with the first while the next is made.
      if (at < calls.length) process.nextTick(next);
    };
    next();
  }

  /** Those of each slot, not too many at once. */
  private inCalls(asks: readonly Ask[], { most }: Verb): readonly (readonly Ask[])[] {
    const { port } = this.options.calls;
    if (!port.isCluster && asks.length <= most) return [asks];
    const bySlot = new Map<number, Ask[][]>();
    for (const ask of asks) {
      const slot = slotOf(port, ask.keys[0] as string);
      const calls = bySlot.get(slot) ?? [];
      bySlot.set(slot, calls);
      const last = calls.at(-1);
      if (last === undefined || last.length === most) calls.push([ask]);
      else last.push(ask);
    }
    return [...bySlot.values()].flat();
  }

  private async call({ script, common, pack, isNeverLate, isGranting }: Verb, asks: readonly Ask[]): Promise<void> {
    const { calls, clock, timeout, replicas, cold } = this.options;
    const sentAt = clock.elapsed();
    const keys: string[] = [];
    for (const ask of asks) {
      ask.sent?.(sentAt);
      keys.push(...ask.keys);
    }
    const args = [...common, ...pack(asks)];
    if (isGranting && cold !== undefined) {
      keys.push(cold.keyOf(slotOf(calls.port, keys[0] as string)));
      args.push(String(cold.longest));
    }
    let answer: ScriptAnswer;
    try {
      answer = await calls.run({
        script,
        keys,
        args,
        until: isNeverLate ? undefined : sentAt + timeout,
        replicas: isGranting && replicas > 0 ? { count: replicas, within: Math.ceil(timeout / 4) } : undefined,
      });
      if (answer.replies.length !== asks.length) throw calls.nonsense(keys[0]);
    } catch (error) {
      this.fail(asks, error, true);
      return;
    }
    asks.forEach((ask, index) => {
      const reply = answer.replies[index] as Reply;
      const [word, said] = listOf(reply);
      if (word === 'error') this.refuse(ask, caughtError(String(said)));
      else if (word === 'cold') ask.failed(this.cold(ask, Number(said)), false);
      else ask.answered(reply, sentAt, answer.isReplicated);
    });
  }

  private refuse(ask: Ask, error: Error): void {
    this.fail([ask], error, false);
    this.options.calls.refused(error, ask.keys[0] as string);
  }

  private cold(ask: Ask, left: number): LockError {
    const { where } = this.options.calls.port;
    return new LockNetworkError(
      `Redis at ${where} has no data of before: ${called(ask)} is not granted while an older grant may still be believed in`,
      { name: ask.name, retryAfter: left },
    );
  }

  private fail(asks: readonly Ask[], error: unknown, isSent: boolean): void {
    const { where } = this.options.calls.port;
    for (const ask of asks) {
      const { what, kind, name } = ask;
      ask.failed(errorOfReply(error, { what, where, kind, name }), isSent);
    }
  }
}
