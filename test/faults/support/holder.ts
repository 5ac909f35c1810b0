/**
 * A second process that works under one lock, and says so on standard output, a line of JSON for each event and each
 * value that passed the gate. The parent stops, continues, blocks and kills it.
 *
 * `holder.ts NAME TTL octostore|dflockd|redis|socket|drop-in|memory`; where the server is, and how long an answer may take, says the environment. On the embedded backend it has a
 * contender in it as well. `drop-in` is the documented client of dflockd: of its lock it says `granted` and `gone`.
 */
import { interval, map } from 'rxjs';
import { DistributedLock } from '../../../src/compat/dflockd/index.js';
import { dflockd } from '../../../src/backends/dflockd/index.js';
import { octostore } from '../../../src/backends/octostore/index.js';
import { redis } from '../../../src/backends/redis/index.js';
import { socket } from '../../../src/backends/socket/index.js';
import {
  createLocks,
  memory,
  parseDuration,
  usingLock,
  type Lease,
  type LockBackend,
  type Locks,
} from '../../../src/index.js';
import { threaded } from '../../../src/threaded/index.js';
import type { ThreadedBuild } from '../../support/threaded-build.js';
import { HOLDER_CLOCK, type HolderClock } from './holder-clock.js';

/** What the parent may ask for. */
export type Order =
  /**
   * Blocks the event loop, without keeping a processor busy. `ask`: and contends in the same turn, before any timer. `look`: it looks
   * all the while whether its lock is held, and says in the end what it saw.
   */
  | {
      readonly do: 'block';
      readonly milliseconds: number;
      readonly ask?: boolean;
      readonly look?: boolean;
    }
  | { readonly do: 'step'; readonly milliseconds: number }
  | { readonly do: 'contend' }
  /** Ends the worker that its backend runs in. */
  | { readonly do: 'kill-worker' }
  | { readonly do: 'end' };

/** What it says. All times are real ones, in epoch milliseconds. */
export interface Line {
  readonly who: string;
  readonly type: string;
  /** The event's stamp. */
  readonly at: number;
  /** When it was told. */
  readonly told: number;
  /** What this process's own clock showed then: `performance.now`. */
  readonly clock: number;
  readonly lease?: string | undefined;
  readonly isHeld?: boolean | undefined;
  readonly cause?: string | undefined;
}

const [name = '', ttl = '', kind = ''] = process.argv.slice(2);
const clock = (globalThis as unknown as { readonly [HOLDER_CLOCK]: HolderClock })[HOLDER_CLOCK];
const { HOLDER_TIMEOUT: timeout, HOLDER_PORT: port, HOLDER_READ_TIMEOUT: readTimeout } = process.env;
const { HOLDER_THREADED: thread } = process.env;
let held: Lease | undefined;
const NEVER = new Int32Array(new SharedArrayBuffer(4));
const backend = open();
const all: Locks[] = [];

function open(): LockBackend {
  if (thread !== undefined) return openThreaded(JSON.parse(thread) as ThreadedBuild & { readonly stallLimit: string });
  switch (kind) {
    case 'memory':
    case 'drop-in': // It is no backend.
      return memory();
    case 'dflockd':
      return dflockd({ port: Number(port), timeout, readTimeout });
    case 'redis':
      return redis(`redis://127.0.0.1:${String(port)}`, { timeout });
    case 'socket':
      return socket({ url: `ws://127.0.0.1:${String(port)}`, timeout });
    default:
      return octostore({ timeout });
  }
}

function openThreaded({ worker, services, stallLimit }: ThreadedBuild & { readonly stallLimit: string }): LockBackend {
  const [make, options] =
    kind === 'dflockd'
      ? ['mortalDflockd', { port: Number(port), timeout, readTimeout }]
      : ['mortalOctostore', { timeout }];
  return threaded({ module: services, export: make, args: [options], stallLimit, worker });
}

function say(line: Omit<Line, 'told' | 'clock'>, told = clock.real()): void {
  process.stdout.write(`${JSON.stringify({ ...line, told, clock: performance.now() })}\n`);
}

function party(who: string): Locks {
  const locks = createLocks(backend, { retry: { initial: '20ms', max: '20ms', jitter: 'none' } });
  all.push(locks);
  locks.events$.subscribe((event) => {
    const lease = 'lease' in event ? event.lease : undefined;
    if (event.type === 'acquired') held = event.lease;
    const cause = 'cause' in event && event.cause instanceof Error ? event.cause.message : undefined;
    say({ who, type: event.type, at: clock.toReal(event.at), lease: lease?.id, isHeld: lease?.isHeld, cause });
  });
  return locks;
}

function work(who: string): void {
  // Each value is stamped before the gate looks at it: a process that is stopped right behind the gate has let it pass before.
  usingLock(party(who).lock$(name, ttl), () => interval(5).pipe(map(() => clock.real()))).subscribe({
    next: (at) => {
      say({ who, type: 'value', at }, at);
    },
    error: () => undefined,
  });
}

async function workAsDocumented(): Promise<void> {
  const tell = (type: string, isHeld?: boolean, at = clock.real()): void => {
    say({ who: 'holder', type, at, isHeld }, at);
  };
  const lock = new DistributedLock({
    key: name,
    port: Number(port),
    leaseTtlS: parseDuration(ttl) / 1000,
    readTimeoutS: readTimeout === undefined ? undefined : parseDuration(readTimeout) / 1000,
    onLockLost: () => {
      tell('gone', lock.token !== null);
    },
  });
  await lock.acquire();
  tell('granted', lock.token !== null);
  setInterval(() => {
    const now = clock.real();
    if (lock.token !== null) tell('value', undefined, now);
  }, 5);
}

process.on('message', (order: Order) => {
  switch (order.do) {
    case 'block': {
      const now = clock.real();
      const end = now + order.milliseconds;
      say({ who: 'holder', type: 'blocking', at: now });
      let lastHeld = 0;
      while (clock.real() < end) {
        if (order.look === true && held?.isHeld === true) lastHeld = clock.real();
        Atomics.wait(NEVER, 0, 0, 5);
      }
      if (order.look === true) say({ who: 'holder', type: 'look', at: lastHeld, isHeld: held?.isHeld });
      if (order.ask === true)
        party('third')
          .lock$(name, ttl, { wait: false })
          .subscribe({ error: () => undefined });
      break;
    }
    case 'step':
      clock.step(order.milliseconds);
      break;
    case 'kill-worker':
      new BroadcastChannel('rxlock-test-death').postMessage('now');
      break;
    case 'contend':
      work('other');
      break;
    case 'end':
      void Promise.all(all.map((locks) => locks.close())).then(() => process.exit(0));
  }
});
process.on('disconnect', () => process.exit(0));
if (kind === 'drop-in') await workAsDocumented();
else work('holder');
