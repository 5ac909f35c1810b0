/** What workers of tests load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { dflockd, type DflockdOptions } from '../../src/backends/dflockd/index.js';
import { memory } from '../../src/backends/memory/memory.js';
import { octostore, type OctoStoreOptions } from '../../src/backends/octostore/index.js';
import { redis, type RedisOptions } from '../../src/backends/redis/index.js';
import { socket, type SocketOptions } from '../../src/backends/socket/index.js';
import {
  LockAuthenticationError,
  LockCapacityError,
  LockHeldError,
  LockNetworkError,
  LockValidationError,
} from '../../src/contract/errors.js';
import type { AcquireSignal, LockBackend, Released, Renewal } from '../../src/contract/backend.js';
import type { LockStatus } from '../../src/contract/status.js';
import { of, Subject, throwError } from 'rxjs';

export { dflockd, memory, octostore };

/** The name of the channel on which a worker hears that it is to die: by an error, if it is told `'throw'`. */
export const DEATH = 'rxlock-test-death';

/** Ends this worker when it is told to, as a crash would. */
function mortal<B>(backend: B): B {
  const channel = new BroadcastChannel(DEATH);
  channel.unref();
  channel.onmessage = ({ data }: { readonly data: unknown }) => {
    if (data === 'throw') throw new Error('this worker was told to die');
    process.exit(3);
  };
  return backend;
}

export function mortalMemory(): LockBackend {
  return mortal(memory());
}

export function mortalOctostore(options: OctoStoreOptions): LockBackend {
  return mortal(octostore(options));
}

export function mortalDflockd(options: DflockdOptions): LockBackend {
  return mortal(dflockd(options));
}

export function mortalRedis(url: string, options: RedisOptions): LockBackend {
  return mortal(redis(url, options));
}

export function mortalSocket(options: SocketOptions): LockBackend {
  return mortal(socket(options));
}

/** It closes only after a while. */
export function lingeringMemory(): LockBackend {
  const inner = memory();
  const close = inner.close.bind(inner);
  return Object.assign(inner, { close: () => sleep(500).then(close) });
}

export async function asyncMemory(): Promise<LockBackend> {
  return Promise.resolve(memory());
}

export const NO_FUNCTION = 7;

export function noBackend(): object {
  return {};
}

export function refusing(): LockBackend {
  throw new LockValidationError('what it was given is bad', { option: 'port' });
}

const CAUSE = Object.assign(new TypeError('connection refused', { cause: 'nobody there' }), { code: 'ECONNREFUSED' });
/** What an attempt fails with, by the lock's name. */
const FAILURES: Readonly<Record<string, unknown>> = {
  held: new LockHeldError('held', { name: 'held', holder: 'them', expiresAt: new Date(5000), retryAfter: 7 }),
  network: new LockNetworkError('out of reach', { cause: CAUSE, retryAfter: 40_000 }),
  authentication: new LockAuthenticationError('who are you'),
  capacity: new LockCapacityError('full', { retryAfter: 9 }),
  validation: new LockValidationError('bad', { option: 'name', name: 'validation' }),
  foreign: CAUSE,
};

/** A service that fails, each time as the name says. */
export function failing(): LockBackend {
  const inner = memory();
  return {
    name: 'failing',
    features: inner.features,
    acquire: ({ name }) => throwError(() => FAILURES[name]),
    renew: (grants, ttls) => inner.renew(grants, ttls),
    release: (grants, keepFor) => inner.release(grants, keepFor),
    status: (name) => inner.status(name),
    close: () => inner.close(),
  };
}

const GRANT = { name: 'x', fencingToken: 1n };
/** What an attempt is answered, by the lock's name. None of it is an answer. */
const NONSENSE: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  function: { type: 'held', holder: () => 'them' },
  grantless: { type: 'granted', bounds: [] },
  boundless: { type: 'granted', grant: { ...GRANT }, bounds: undefined },
  wild: { type: 'granted', grant: { ...GRANT, holder: () => 'them' }, bounds: [{ sentAt: NaN, ttl: -1 }] },
};

/** A service that says what nobody understands. */
export function nonsense(): LockBackend {
  const inner = memory();
  const revoked$ = new Subject<never>();
  return {
    name: 'nonsense',
    features: inner.features,
    revoked$,
    acquire: ({ name }) => {
      revoked$.next(undefined as never);
      return of(NONSENSE[name] as AcquireSignal);
    },
    renew: () => of(null as unknown as Renewal),
    release: () => of<Released[]>(null as unknown as Released, { index: 0, outcome: 'released' }),
    status: () => of({ name: 'x', status: 'free', waiters: () => 7 } as unknown as LockStatus),
    close: () => Promise.reject(new Error('no')),
  };
}
