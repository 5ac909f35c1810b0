import { EMPTY, firstValueFrom, NEVER, Subject, type Observable } from 'rxjs';
import { lockMap } from '../../../../operators/lock-map.js';
import { shareLease } from '../../../../operators/share-lease.js';
import { tryWithLock } from '../../../../operators/try-with-lock.js';
import { usingLock } from '../../../../operators/using-lock.js';
import { whileLeader } from '../../../../operators/while-leader.js';
import { withLock } from '../../../../operators/with-lock.js';
import type { Locks } from '../../../../src/index.js';

/** Where locks are taken again and again. */
export interface Ground {
  readonly locks: Locks<bigint>;
  /** Others, who have all locks whose name begins with `taken`. */
  readonly others: Locks<bigint>;
  /** As `locks`, on a service that can only be asked again and again. */
  readonly polling: Locks<bigint>;
  /** Live as long as the process, as those of a server that shuts down do. */
  readonly signal: AbortSignal;
  readonly until: Subject<void>;
}

const TTL = '30s';

/** Subscribes, and leaves again. */
function passing(stream$: Observable<unknown>): void {
  stream$.subscribe({ error: () => undefined }).unsubscribe();
}

/** Each is one subscription and its end. */
export const CYCLES: Readonly<Record<string, (ground: Ground, index: number) => unknown>> = {
  'held, and left': ({ locks }) => passing(locks.lock$('free', TTL)),
  'held, each of another name': ({ locks }, i) => passing(locks.lock$(`free-${String(i)}`, TTL)),
  'held, with a signal, until, maxHold and wait': ({ locks, signal, until }) =>
    passing(locks.lock$('free', TTL, { signal, until, maxHold: '1h', wait: '1h', metadata: 'm' })),
  'held, until it is over': ({ locks }) => {
    const until = new Subject<void>();
    locks.lock$('free', TTL, { until }).subscribe();
    until.next();
  },
  'held, and released by its lease': ({ locks }) => {
    locks.lock$('free', TTL).subscribe((event) => event.type === 'acquired' && void event.lease.release());
  },
  'held, its signal and its end listened to': ({ locks }) => {
    const held = locks.lock$('free', TTL).subscribe((event) => {
      if (event.type !== 'acquired') return;
      event.lease.signal.addEventListener('abort', () => undefined);
      event.lease.ended$.subscribe();
    });
    held.unsubscribe();
  },
  'waiting, and left': ({ locks }) => passing(locks.lock$('taken', TTL)),
  'waiting, with a signal, until and wait': ({ locks, signal, until }) =>
    passing(locks.lock$('taken', TTL, { signal, until, wait: '1h' })),
  'waiting, and cancelled': ({ locks }) => {
    const controller = new AbortController();
    locks.lock$('taken', TTL, { signal: controller.signal }).subscribe({ error: () => undefined });
    controller.abort();
  },
  'refused at once': ({ locks }) => passing(locks.lock$('taken', TTL, { wait: false })),
  'waiting for the next attempt': ({ polling, signal, until }) =>
    passing(polling.lock$('taken', TTL, { signal, until, wait: '1h' })),
  semaphore$: ({ locks }) => passing(locks.semaphore$('places', 2, TTL)),
  'all$, held': ({ locks, signal, until }) =>
    passing(locks.all$(['free-1', 'free-2'], TTL, { signal, until, maxHold: '1h' })),
  'all$, waiting for the last': ({ locks, signal, until }) =>
    passing(locks.all$(['free', 'taken'], TTL, { signal, until, wait: '1h' })),
  'leader$, leading': ({ locks }) => passing(locks.leader$('free', TTL)),
  'leader$, following': ({ locks }) => passing(locks.leader$('taken', TTL)),
  'leader$, following without a push': ({ polling }) => passing(polling.leader$('taken', TTL)),
  'withLock, left': ({ locks, signal }) => passing(NEVER.pipe(withLock(locks.lock$('free', TTL, { signal })))),
  'withLock, completed, with a drain': ({ locks }) =>
    EMPTY.pipe(withLock(locks.lock$('free', TTL), { drain: () => EMPTY })).subscribe(),
  'withLock, waiting': ({ locks, signal, until }) =>
    passing(NEVER.pipe(withLock(locks.lock$('taken', TTL, { signal, until, wait: '1h' })))),
  'usingLock, with a promise': ({ locks }) =>
    firstValueFrom(usingLock(locks.lock$('free', TTL), (lease) => Promise.resolve(lease.signal.aborted))),
  tryWithLock: ({ locks }) => passing(NEVER.pipe(tryWithLock(locks.lock$('taken', TTL)))),
  'lockMap, of a source': ({ locks }, i) =>
    passing(
      new Subject<number>().pipe(
        lockMap(
          () => locks.lock$(`free-${String(i)}`, TTL),
          () => NEVER,
        ),
      ),
    ),
  whileLeader: ({ locks }) => passing(locks.leader$('free', TTL).pipe(whileLeader(() => NEVER))),
  'shareLease, by two': ({ locks }) => {
    const shared$ = locks.lock$('free', TTL).pipe(shareLease());
    const [one, two] = [shared$.subscribe(), shared$.subscribe()];
    one.unsubscribe();
    two.unsubscribe();
  },
  watch$: ({ locks }) => passing(locks.watch$('taken')),
  acquire: async ({ locks, signal }) => (await locks.acquire('free', TTL, { signal })).release(),
  using: ({ locks, signal }) => locks.using('free', TTL, () => Promise.resolve(), { signal, maxHold: '1h' }),
  tryUsing: ({ locks }) => locks.tryUsing('taken', TTL, () => Promise.resolve()),
};
