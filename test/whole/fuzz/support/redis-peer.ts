import fc from 'fast-check';
import { makeVerbs, type Verb } from '../../../../src/backends/redis/locks/verbs.js';
import type { ChannelListener, RedisNode, RedisPort, Reply } from '../../../../src/backends/redis/wire/port.js';

/** What a Redis, or something that is none, may say to a command: an answer, or an error. */
export type Said = Reply | Error;

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    '1',
    '-1',
    '0',
    '9999999999999999999',
    '1e400',
    'x:1:me',
    's:1:me\nmeta',
    '3/5:7:me',
    '!',
    '+',
    'error',
    'cold',
    'nan',
  ),
);
const number = fc.oneof(fc.integer(), fc.constantFrom(0, 1, 2, 3, NaN, Infinity, -Infinity, 2 ** 53, -0, 0.5));

/** Anything that can be said in RESP. */
const anything = fc.letrec<{ value: Reply; list: Reply }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, word, number, fc.constant(null), tie('list')),
  list: fc.array(tie('value'), { maxLength: 5 }),
})).value;

/** What a script may answer for one thing that it was asked. */
export const item: fc.Arbitrary<Reply> = fc.oneof(
  fc.constantFrom<Reply>(0, 1, 2, null, '1700000000000001', '17000000000000001'),
  fc.constantFrom<Reply>(
    [1, '1700000000000002'],
    [1, ''],
    [1, '12a'],
    [2, 0, 1, 'x:12:me'],
    [2, -1, -1, ''],
    [0, 0, 5, 'x:1:me'],
    [3, '7'],
  ),
  fc.tuple(word, number),
  fc.tuple(fc.constant('error'), fc.constantFrom('OOM no memory', 'WRONGTYPE no', 'ERR user_script', '')),
  fc.tuple(fc.constant('cold'), number),
  anything,
);

const now = fc.oneof(
  fc.nat({ max: 10_000 }).map((more) => Date.now() + more),
  number,
  fc.constant(0),
);

const error = fc
  .constantFrom(
    ...[
      'NOSCRIPT no',
      'READONLY no',
      'MOVED 1 host:1',
      'ASK 1 host:1',
      'TRYAGAIN',
      'CLUSTERDOWN',
      'LOADING',
      'BUSY',
      'OOM',
      'NOPERM no',
    ],
    ...[
      'NOAUTH',
      'WRONGTYPE',
      'CROSSSLOT',
      'MASTERDOWN',
      'MISCONF',
      'UNBLOCKED',
      'ERR unknown',
      'constructor',
      '__proto__',
      '',
      'x'.repeat(500),
    ],
  )
  .map((text) => new Error(text));

export const said: fc.Arbitrary<Said> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(now, fc.array(item, { minLength: 1, maxLength: 2 })).map(([time, items]) => [time, ...items]),
  },
  { weight: 1, arbitrary: now.map((time) => [time]) },
  { weight: 2, arbitrary: anything },
  { weight: 2, arbitrary: error },
);

const MADE = makeVerbs('rxlock:c:', 0, false);
const VERBS = Object.values(MADE as unknown as Record<string, Verb>);
/** How many keys a script has for each lock, and what it says if all goes well. */
const FITTING: ReadonlyMap<Verb | undefined, { readonly keys: number; readonly says: Reply }> = new Map([
  [MADE.acquire, { keys: 2, says: '1700000000000001' }],
  [MADE.enter, { keys: 6, says: [1, '1700000000000001'] }],
  [MADE.letGo, { keys: 2, says: 1 }],
  [MADE.release, { keys: 6, says: 1 }],
  [MADE.renew, { keys: 1, says: 1 }],
  [MADE.renewShared, { keys: 6, says: 1 }],
  [MADE.look, { keys: 6, says: [1, 0, 500, 'x:1:me', '1'] }],
]);

/** A port behind which there is the test. */
export class RedisPeer implements RedisPort {
  readonly where = 'host:1';
  readonly isCluster = false;
  readonly keyPrefix = '';
  isUp = false;
  readonly heard: { readonly command: string; readonly args: readonly string[]; answer(what: Said): void }[] = [];
  private readonly listeners = new Map<string, ChannelListener>();
  private down: ((cause: Error) => void) | undefined;

  connect(): Promise<void> {
    this.isUp = true;
    return Promise.resolve();
  }

  send(command: string, args: readonly string[]): Promise<Reply> {
    if (!this.isUp) return Promise.reject(new Error('not up'));
    return new Promise((resolve, reject) => {
      this.heard.push({
        command,
        args,
        answer: (what) => {
          if (what instanceof Error) reject(what);
          else resolve(what);
        },
      });
    });
  }

  nodes(): readonly RedisNode[] {
    return [this];
  }

  nodeOf(): RedisNode {
    return this;
  }

  subscribe(channel: string, listener: ChannelListener): Promise<void> {
    this.listeners.set(channel, listener);
    return Promise.resolve();
  }

  listenAnew(): void {
    // What it says to itself is always heard.
  }

  onDown(listener: (cause: Error) => void): void {
    this.down = listener;
  }

  track(): void {
    // Nobody asks for it here.
  }

  keepAlive(): void {
    // There is no process that it could keep.
  }

  reset(): void {
    this.fall();
  }

  close(): void {
    this.isUp = false;
    this.heard.length = 0;
  }

  /** Answers one of those that wait for it. */
  say(at: number, what: Said): boolean {
    const [one] = this.heard.splice(at % Math.max(1, this.heard.length), 1);
    one?.answer(what);
    return one !== undefined;
  }

  /** Answers the first that waits as a Redis might on which everything is free, but for what else it says of each lock. */
  sayFitting(otherwise: Reply, isOtherwise: boolean): void {
    const [{ command, args } = { command: '', args: [] }] = this.heard;
    const verb = VERBS.find(({ script }) => args[0] === script.sha || args[0] === script.source);
    const fitting = FITTING.get(verb);
    if (command === 'TIME') this.say(0, [String(Math.floor(Date.now() / 1000)), '0']);
    else if (fitting === undefined) this.say(0, [Date.now(), isOtherwise ? otherwise : 1]);
    else {
      const items = Number(args[1]) / fitting.keys;
      this.say(0, [Date.now(), ...Array.from({ length: items }, () => (isOtherwise ? otherwise : fitting.says))]);
    }
  }

  /** Says something on every channel. */
  publish(text: string): void {
    for (const listener of this.listeners.values()) {
      listener.message(text);
      listener.missed();
    }
  }

  /** The connection is lost. */
  fall(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.heard.length = 0;
    this.down?.(new Error('lost'));
  }
}
