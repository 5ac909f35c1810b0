import {
  asyncScheduler,
  concat,
  delay,
  EMPTY,
  filter,
  map,
  NEVER,
  Observable,
  of,
  repeat,
  skip,
  Subject,
  take,
  toArray,
  type Subscription,
} from 'rxjs';
import { memory } from '../../../src/backends/memory/memory.js';
import { systemClock } from '../../../src/values/system-clock.js';
import { lockStatus } from '../../../src/values/lock-status.js';
import { LockTable } from '../../../src/table/lock-table.js';
import type { AcquireRequest, AcquireSignal, Grant, LockBackend } from '../../../src/contract/backend.js';

/** A table for several memory backends, as clients of one service. */
export function sharedTable(): LockTable {
  return new LockTable(() => systemClock().monotonic(), {
    schedule(milliseconds, run) {
      const action = asyncScheduler.schedule(run, milliseconds);
      return () => action.unsubscribe();
    },
  });
}

/** What the clients of one broken service have in common. */
export interface Shared {
  readonly table: LockTable;
  /** The newest grant of each name, and who granted it. */
  readonly newest: Map<string, { readonly grant: Grant; readonly backend: LockBackend }>;
  readonly waiting: (() => void)[];
  readonly semaphores: Map<string, number>;
}

/** Makes one client that is wrong in one way. */
export type Breaker = (backend: LockBackend, shared: Shared) => Partial<LockBackend>;

/** A service whose clients are wrong in one way. */
export function brokenService(breaker: Breaker): () => { create(): LockBackend; timeScale: number; many: number } {
  return () => {
    const shared: Shared = { table: sharedTable(), newest: new Map(), waiting: [], semaphores: new Map() };
    return { create: () => broken(shared, breaker), timeScale: 0.1, many: 5 };
  };
}

function broken(shared: Shared, breaker: Breaker): LockBackend {
  const inner = memory({ table: shared.table });
  const backend: LockBackend = {
    name: inner.name,
    features: inner.features,
    validateName: (name) => inner.validateName?.(name),
    open: (runtime) => inner.open?.(runtime),
    acquire: (request) => inner.acquire(request),
    renew: (grants, ttls) => inner.renew(grants, ttls),
    release: (grants, keepFor) => inner.release(grants, keepFor),
    revoked$: inner.revoked$ ?? EMPTY,
    watch: (name) => inner.watch?.(name) ?? EMPTY,
    status: (name) => inner.status(name),
    list: (prefix) => inner.list?.(prefix) ?? EMPTY,
    revoke: (name) => inner.revoke?.(name) ?? EMPTY,
    detach: (grant) => inner.detach?.(grant) ?? EMPTY,
    adopt: (name, secret, request) => inner.adopt?.(name, secret, request) ?? EMPTY,
    ping: () => inner.ping?.() ?? EMPTY,
    close: () => inner.close(),
  };
  return { ...backend, ...breaker(backend, shared) };
}

/** A request of which something is asked for otherwise. */
function asked(request: AcquireRequest, other: Partial<AcquireRequest>): AcquireRequest {
  const { name, ttl, wait, mode, limit, permits, metadata, holder } = request;
  const stray = (grant: Grant): void => {
    request.stray(grant);
  };
  return { name, ttl, wait, mode, limit, permits, metadata, holder, stray, ...other };
}

/** Says that it is queued, and tries again and again. */
function pollUntilGranted(backend: LockBackend, request: AcquireRequest): Observable<AcquireSignal> {
  const once$ = backend.acquire(asked(request, { wait: false }));
  return concat(
    of({ type: 'queued' } as const),
    once$.pipe(
      repeat({ delay: 2 }),
      filter(({ type }) => type === 'granted'),
      take(1),
    ),
  );
}

/** Runs an attempt and changes what it says. */
export function mapSignals(
  signals$: Observable<AcquireSignal>,
  change: (signal: AcquireSignal) => AcquireSignal,
): Observable<AcquireSignal> {
  return new Observable((sink) =>
    signals$.subscribe({
      next: (signal) => sink.next(change(signal)),
      error: (error: unknown) => sink.error(error),
      complete: () => sink.complete(),
    }),
  );
}

/**
 * A network: what the service says takes some milliseconds. Leaving does not stop a request that is on its way.
 *
 * @param late What is done with a grant that comes when its attempt has been left.
 */
export function overNetwork(
  backend: LockBackend,
  late: (request: AcquireRequest, grant: Grant) => void = (request, grant) => request.stray(grant),
): Partial<LockBackend> {
  const there = 3;
  const back = 3;
  const closing = new Subject<never>();
  return {
    acquire: (request) =>
      new Observable((sink) => {
        let queued = false;
        let inner: Subscription | undefined;
        const sentAt = systemClock().elapsed();
        sink.add(closing.subscribe(sink));
        const tell = (signal: AcquireSignal): void => {
          asyncScheduler.schedule(() => {
            if (signal.type !== 'granted') sink.next(signal);
            else if (sink.closed) late(request, signal.grant);
            else sink.next(queued ? signal : { ...signal, bounds: [{ sentAt, ttl: request.ttl }] });
            if (signal.type !== 'queued') sink.complete();
          }, back);
        };
        asyncScheduler.schedule(() => {
          inner = backend.acquire(request).subscribe({
            next: (signal) => {
              queued ||= signal.type === 'queued';
              tell(signal);
            },
            error: (error: unknown) => sink.error(error),
          });
          if (sink.closed && queued) inner.unsubscribe();
        }, there);
        sink.add(() => {
          if (queued) inner?.unsubscribe();
        });
      }),
    renew: (grants, ttls) => backend.renew(grants, ttls).pipe(delay(back)),
    release: (grants, keepFor) => backend.release(grants, keepFor).pipe(delay(back)),
    status: (name) => backend.status(name).pipe(delay(back)),
  };
}

/** Remembers the newest grant of each name. */
function remember(backend: LockBackend, shared: Shared): LockBackend['acquire'] {
  return (request) =>
    mapSignals(backend.acquire(request), (signal) => {
      if (signal.type === 'granted') shared.newest.set(request.name, { grant: signal.grant, backend });
      return signal;
    });
}

function fakeGrant(request: AcquireRequest): AcquireSignal {
  const grant = { name: request.name, fencingToken: 99n };
  return { type: 'granted', grant, bounds: [{ sentAt: systemClock().elapsed(), ttl: request.ttl }] };
}

/** A case that must fail, and what it says. */
export type Finding = readonly [title: string, message: RegExp];

/** One kind of mistake, and which cases find it. */
export interface Mistake {
  readonly breaker: Breaker;
  readonly found: readonly Finding[];
}

export const MISTAKES: Readonly<Record<string, Mistake>> = {
  'excludes nobody': {
    breaker: (backend) => ({
      acquire: (request) =>
        mapSignals(backend.acquire(request), (signal) => (signal.type === 'held' ? fakeGrant(request) : signal)),
    }),
    found: [
      ['exclusion: refuses a second contender of the same client', /granted although it was held/],
      ['exclusion: refuses a second client', /granted although it was held/],
    ],
  },
  'excludes only those of the same client': {
    breaker: () => {
      const own = memory();
      return {
        open: own.open!.bind(own),
        acquire: own.acquire.bind(own),
        release: own.release.bind(own),
        renew: own.renew.bind(own),
      };
    },
    found: [
      ['exclusion: refuses a second client', /granted although it was held/],
      ['exclusion: lets one in at a time, of many on two clients', /2 held one lock/],
      ['arguments: takes good names, each for itself', /granted although it was held/],
    ],
  },
  'acquires before anybody subscribes': {
    breaker: (backend) => ({
      acquire: (request) => {
        backend.acquire(request).subscribe();
        return backend.acquire(request);
      },
    }),
    found: [
      [
        'exclusion: does nothing before it is subscribed to, and makes one attempt for each subscription',
        /nobody subscribed/,
      ],
    ],
  },
  'never completes an attempt': {
    breaker: (backend) => ({
      acquire: (request) => new Observable((sink) => backend.acquire(request).subscribe((signal) => sink.next(signal))),
    }),
    found: [['exclusion: grants a free lock, and completes', /did not complete/]],
  },
  'says "held" after "granted"': {
    breaker: (backend) => ({
      acquire: (request) =>
        new Observable((sink) => {
          backend.acquire(request).subscribe((signal) => {
            sink.next(signal);
            if (signal.type === 'granted') sink.next({ type: 'held' });
          });
          sink.complete();
        }),
    }),
    found: [['fencing: keeps the token of a grant when it is renewed', /'held' came after the attempt/]],
  },
  'repeats its tokens': {
    breaker: (backend) => ({
      acquire: (request) =>
        mapSignals(backend.acquire(request), (signal) => {
          if (signal.type === 'granted') Object.defineProperty(signal.grant, 'fencingToken', { value: 1n });
          return signal;
        }),
    }),
    found: [['fencing: gives each grant a greater token than the one before it', /the token 1 came after 1/]],
  },
  'has no tokens although it says so': {
    breaker: (backend) => ({
      acquire: (request) =>
        mapSignals(backend.acquire(request), (signal) => {
          if (signal.type === 'granted') Object.defineProperty(signal.grant, 'fencingToken', { value: undefined });
          return signal;
        }),
    }),
    found: [
      ['fencing: gives each grant a greater token than the one before it', /no token/],
      ['exclusion: grants a free lock, and completes', /features.fencing is true, but/],
    ],
  },
  'serves the last waiter first': {
    breaker: (backend, { waiting }) => ({
      acquire: (request) => {
        if (!request.wait) return backend.acquire(request);
        return new Observable((sink) => {
          sink.next({ type: 'queued' });
          waiting.unshift(() => backend.acquire(request).subscribe(sink));
        });
      },
      release: (grants, keepFor) =>
        new Observable((sink) => {
          backend.release(grants, keepFor).subscribe(sink);
          waiting.shift()?.();
        }),
    }),
    found: [
      [
        'waiting: serves waiters in the order of their arrival, where it has a queue',
        /was not answered|was served before/,
      ],
    ],
  },
  'keeps those in the queue who have left it': {
    breaker: (backend) => ({
      acquire: (request) =>
        new Observable((sink) => {
          backend.acquire(request).subscribe({
            next: (signal) => sink.next(signal),
            error: (error: unknown) => sink.error(error),
            complete: () => sink.complete(),
          });
        }),
    }),
    found: [['waiting: lets a waiter leave the queue, and serves the next', /nobody was served/]],
  },
  'never wakes a waiter': {
    breaker: (backend) => ({ acquire: (request) => (request.wait ? NEVER : backend.acquire(request)) }),
    found: [['waiting: serves a waiter when the holder releases', /was not served/]],
  },
  'releases by name': {
    breaker: (backend, shared) => ({
      acquire: remember(backend, shared),
      release: (grants) =>
        new Observable((sink) => {
          grants.forEach(({ name }, index) => {
            const newest = shared.newest.get(name);
            newest?.backend.release([newest.grant], [0]).subscribe();
            sink.next({ index, outcome: 'released' });
          });
          sink.complete();
        }),
    }),
    found: [
      [
        "ownership: does not touch the next holder's lock when an old grant is released again",
        /freed the lock of its holder/,
      ],
      [
        "ownership: does not touch the same client's next lock when its old grant is released again",
        /freed the lock of its holder/,
      ],
      [
        'batches: answers a batch of releases one by one, and harms nobody else',
        /granted although|freed the lock of another/,
      ],
      [
        'expiry: hands over the lock of a silent holder, not before its deadline, and refuses it from then on',
        /freed the lock/,
      ],
    ],
  },
  'renews by name': {
    breaker: (backend, shared) => ({
      acquire: remember(backend, shared),
      renew: (grants, ttls) =>
        new Observable((sink) => {
          grants.forEach(({ name }, index) => {
            const newest = shared.newest.get(name);
            const bounds = [{ sentAt: systemClock().elapsed(), ttl: ttls[index]! }] as const;
            newest?.backend.renew([newest.grant], [ttls[index]!]).subscribe((renewal) => {
              sink.next(
                renewal.outcome === 'renewed' ? { index, outcome: 'renewed', bounds } : { index, outcome: 'refused' },
              );
            });
          });
          sink.complete();
        }),
    }),
    found: [
      ['ownership: refuses to renew an old grant, while another holds the lock', /an old grant was renewed/],
      [
        'ownership: refuses to renew an old grant, while the same client holds the lock anew',
        /an old grant was renewed/,
      ],
    ],
  },
  'takes the lock again when what was released is renewed': {
    breaker: (backend) => ({
      renew: (grants, ttls) =>
        new Observable((sink) => {
          grants.forEach(({ name }, index) => {
            const request = { name, ttl: ttls[index]!, wait: false, holder: 'x', stray: () => undefined };
            backend.acquire(request).subscribe();
            sink.next({ index, outcome: 'refused' });
          });
        }),
    }),
    found: [['ownership: does not renew what is released', /took the lock again|was not answered|never completed/]],
  },
  'answers a second release as unknown': {
    breaker: (backend) => ({
      release: (grants, keepFor) =>
        new Observable((sink) => {
          backend.release(grants, keepFor).subscribe({
            next: (answer) => sink.next(answer.outcome === 'gone' ? { ...answer, outcome: 'unknown' } : answer),
            complete: () => sink.complete(),
          });
        }),
    }),
    found: [['ownership: answers a second release without an error', /answered as unknown/]],
  },
  'believes in a lock for longer than the service': {
    breaker: (backend) => ({
      acquire: (request) =>
        mapSignals(backend.acquire(request), (signal) =>
          signal.type === 'granted' ? { ...signal, bounds: [{ ...signal.bounds[0], ttl: request.ttl * 2 }] } : signal,
        ),
    }),
    found: [
      [
        'expiry: hands over the lock of a silent holder, not before its deadline, and refuses it from then on',
        /before its holder's deadline/,
      ],
    ],
  },
  'counts a grant from a moment to come': {
    breaker: (backend) => ({
      acquire: (request) =>
        mapSignals(backend.acquire(request), (signal) =>
          signal.type === 'granted'
            ? { ...signal, bounds: [{ sentAt: systemClock().date(), ttl: request.ttl }] }
            : signal,
        ),
    }),
    found: [['exclusion: grants a free lock, and completes', /sentAt is not on clock.elapsed/]],
  },
  'never lets a lock run out': {
    breaker: (backend) => ({ acquire: (request) => backend.acquire({ ...request, ttl: 3_600_000 }) }),
    found: [
      [
        'expiry: hands over the lock of a silent holder, not before its deadline, and refuses it from then on',
        /not handed over/,
      ],
      ['waiting: serves a waiter when a silent holder runs out', /was not served/],
    ],
  },
  'does not renew although it says so': {
    breaker: () => ({
      renew: (grants, ttls) =>
        new Observable((sink) => {
          grants.forEach((_grant, index) => {
            sink.next({ index, outcome: 'renewed', bounds: [{ sentAt: systemClock().elapsed(), ttl: ttls[index]! }] });
          });
          sink.complete();
        }),
    }),
    found: [
      ['expiry: keeps a lock that is renewed beyond its ttl', /granted although it was held/],
      ['expiry: keeps a lock for three ttls when createLocks renews it', /granted although it was held/],
      ['ownership: does not renew what is released', /a released grant was renewed/],
    ],
  },
  'renews for nothing': {
    breaker: (backend) => ({
      renew: (grants, ttls) =>
        new Observable((sink) => {
          const bounds = [{ sentAt: 0, ttl: 1000 }] as const;
          backend.renew(grants, ttls).subscribe((renewal) => {
            sink.next(renewal.outcome === 'renewed' ? { ...renewal, bounds } : renewal);
          });
          sink.complete();
        }),
    }),
    found: [['expiry: keeps a lock that is renewed beyond its ttl', /did not move the end/]],
  },
  'renews for a second, whatever it is asked for': {
    breaker: (backend) => ({
      renew: (grants, ttls) =>
        backend.renew(
          grants,
          ttls.map(() => 1000),
        ),
    }),
    found: [['expiry: renews a lock for a longer ttl than it was asked for with', /no more than before/]],
  },
  'answers only the first of a batch': {
    breaker: (backend) => ({
      renew: (grants, ttls) => backend.renew(grants, ttls).pipe(take(1)),
      release: (grants, keepFor) => backend.release(grants, keepFor).pipe(take(1)),
    }),
    found: [
      ['batches: answers a batch of renewals one by one: the current are renewed, the old refused', /'refused'/],
      ['batches: answers a batch of releases one by one, and harms nobody else', /1 of 3 releases/],
      ['batches: takes many names at once and gives them back at once', /1 of 5 were renewed/],
    ],
  },
  'refuses a whole batch for one old grant': {
    breaker: (backend) => ({
      renew: (grants, ttls) =>
        new Observable((sink) => {
          backend.renew(grants, ttls).subscribe(({ index }) => sink.next({ index, outcome: 'refused' }));
          sink.complete();
        }),
    }),
    found: [
      [
        'batches: answers a batch of renewals one by one: the current are renewed, the old refused',
        /'refused,refused,refused/,
      ],
    ],
  },
  'mixes up its indexes': {
    breaker: (backend) => ({
      renew: (grants, ttls) =>
        new Observable((sink) => {
          backend.renew(grants, ttls).subscribe((renewal) => sink.next({ ...renewal, index: 0 }));
          sink.complete();
        }),
    }),
    found: [
      [
        'batches: answers a batch of renewals one by one: the current are renewed, the old refused',
        /answered twice for one index/,
      ],
    ],
  },
  'never answers an empty batch': {
    breaker: (backend) => ({
      renew: (grants, ttls) => (grants.length === 0 ? NEVER : backend.renew(grants, ttls)),
    }),
    found: [['batches: answers empty batches', /not answered/]],
  },
  'loses a grant that comes late': {
    breaker: (backend) => overNetwork(backend, () => undefined),
    found: [
      ['leaving: holds nothing after an attempt was left while it was under way', /still held/],
      ['leaving: holds nothing after a subscription to lock$ ended, at any moment', /still held/],
      ['leaving: grants a lock again at once after it was left', /not granted again/],
    ],
  },
  'does not release although it says so': {
    breaker: () => ({
      release: (grants) =>
        new Observable((sink) => {
          grants.forEach((_grant, index) => sink.next({ index, outcome: 'released' }));
          sink.complete();
        }),
      close: () => Promise.resolve(),
    }),
    found: [
      ['exclusion: refuses a second client', /a released lock was not granted/],
      ['closing: gives back what is held', /still held after its locks were closed/],
      ['leaving: holds nothing after a subscription to lock$ ended, at any moment', /still held/],
      ['observing: tells the status of a lock', /never became free/],
    ],
  },
  'says that all is free': {
    breaker: (backend) => ({
      status: (name) =>
        new Observable((sink) => {
          backend.status(name).subscribe((status) => sink.next({ ...status, status: 'free' }));
          sink.complete();
        }),
    }),
    found: [['observing: tells the status of a lock', /never became held/]],
  },
  'forgets metadata': {
    breaker: (backend) => ({ acquire: (request) => backend.acquire({ ...request, metadata: undefined }) }),
    found: [['observing: shows the metadata of a holder, where it has any', /not what was stored/]],
  },
  'shows a watcher no change': {
    breaker: (backend) => ({ watch: (name) => backend.watch!(name).pipe(take(1)) }),
    found: [['observing: watches a lock: what it is now, and each change', /did not show 'held'/]],
  },
  'shows a watcher only changes': {
    breaker: (backend) => ({ watch: (name) => backend.watch!(name).pipe(skip(1)) }),
    found: [['observing: watches a lock: what it is now, and each change', /did not show 'free' at first/]],
  },
  'lists nothing': {
    breaker: (backend) => ({ list: () => backend.list!('nothing-begins-with-this') }),
    found: [['observing: lists what is held', /does not show what is held/]],
  },
  'ignores the prefix of a list': {
    breaker: (backend) => ({ list: () => backend.list!() }),
    found: [['observing: lists what is held', /does not show what is held/]],
  },
  'gives a lock back when it is handed on': {
    breaker: (backend) => ({
      detach: (grant) =>
        concat(backend.detach?.(grant) ?? EMPTY, backend.revoke?.(grant.name) ?? EMPTY).pipe(
          toArray(),
          map(([secret]) => String(secret)),
        ),
    }),
    found: [
      ['handing on: hands a lock on, which is held throughout, under the same fencing token', /although|expected/],
    ],
  },
  'revokes nothing': {
    breaker: () => ({ revoke: () => EMPTY }),
    found: [['observing: takes a lock away when it is revoked', /was not told/]],
  },
  'gives no sign of life': {
    breaker: () => ({ ping: () => NEVER }),
    found: [['observing: gives a sign of life', /not answered/]],
  },
  'lets too many into a semaphore': {
    breaker: (backend) => ({
      acquire: (request) =>
        backend.acquire(request.limit === undefined ? request : { ...request, limit: request.limit + 1 }),
    }),
    found: [
      ['semaphores: let in as many as their limit says', /granted although it was held/],
      ['semaphores: never hold more than their limit in a crowd', /4 held a semaphore of 3/],
    ],
  },
  'does not look at the limit of the others': {
    breaker: (backend, { semaphores }) => ({
      acquire: (request) => {
        const limit = request.limit === undefined ? undefined : (semaphores.get(request.name) ?? request.limit);
        if (limit !== undefined) semaphores.set(request.name, limit);
        return backend.acquire({ ...request, limit });
      },
    }),
    found: [['semaphores: refuse another limit while they are held', /was answered with granted/]],
  },
  'takes a semaphore for a lock': {
    breaker: (backend) => ({ acquire: (request) => backend.acquire({ ...request, limit: request.limit ?? 1 }) }),
    found: [['semaphores: have names of their own', /expected a grant/]],
  },
  'promises semaphores that it has not got': {
    breaker: (backend) => ({ acquire: (request) => backend.acquire({ ...request, limit: undefined }) }),
    found: [['semaphores: let in as many as their limit says', /expected a grant/]],
  },
  'gives one permit, however many are asked for': {
    breaker: (backend) => ({ acquire: (request) => backend.acquire(asked(request, { permits: 1 })) }),
    found: [
      ['permits: are given all or none, and all come back', /granted although it was held/],
      [
        'permits: are not given to who comes later and wants fewer, where it has a queue',
        /expected a grant|neither|granted/,
      ],
    ],
  },
  'serves first who wants fewer permits': {
    breaker: (backend) => ({
      acquire: (request) =>
        (request.permits ?? 1) > 1 && request.wait ? pollUntilGranted(backend, request) : backend.acquire(request),
    }),
    found: [
      [
        'permits: are not given to who comes later and wants fewer, where it has a queue',
        /granted although it was held/,
      ],
    ],
  },
  'shares nothing': {
    breaker: (backend) => ({ acquire: (request) => backend.acquire(asked(request, { mode: undefined })) }),
    found: [
      ['shared locks: let in any number of readers, or one writer', /expected a grant/],
      ['shared locks: are renewed and given back by each reader for himself', /expected a grant/],
    ],
  },
  'shares everything': {
    breaker: (backend) => ({ acquire: (request) => backend.acquire(asked(request, { mode: 'shared' })) }),
    found: [
      ['shared locks: let in any number of readers, or one writer', /granted although it was held/],
      ['shared locks: serve readers and writers in a crowd, no writer with anybody else', /inside at the same time/],
      ['exclusion: refuses a second client', /granted although it was held/],
    ],
  },
  'lets readers pass writers': {
    breaker: (backend) => ({
      acquire: (request) =>
        request.mode === undefined && request.wait ? pollUntilGranted(backend, request) : backend.acquire(request),
    }),
    found: [
      ['shared locks: let no reader pass a writer who waits, where it has a queue', /granted although it was held/],
    ],
  },
  'tells nobody that a lock is shared': {
    breaker: (backend) => ({
      status: (name) =>
        backend.status(name).pipe(map((told) => lockStatus({ ...told, mode: 'exclusive', holders: 1 }))),
    }),
    found: [['shared locks: tell their mode and how many hold them, as far as they tell', /told to be exclusive/]],
  },
  'does not keep a lock for minHold': {
    breaker: (backend) => ({
      release: (grants) =>
        backend.release(
          grants,
          grants.map(() => 0),
        ),
    }),
    found: [['arguments: keeps a lock taken until minHold has passed', /was free after \d+ ms/]],
  },
  'mixes up names': {
    breaker: (backend) => ({
      acquire: (request) => backend.acquire({ ...request, name: request.name.replace(/[^a-z0-9-]/g, '-') }),
    }),
    found: [['arguments: takes good names, each for itself', /expected a grant|was granted for/]],
  },
  'cannot do the shortest ttl that it declares': {
    breaker: (backend) => ({
      ttl: { min: 500, max: 3_600_000, step: 1 },
      acquire: (request) =>
        request.ttl < 1000 ? new Observable((sink) => sink.error(new Error('too short'))) : backend.acquire(request),
    }),
    found: [['arguments: refuses a ttl that it cannot express', /expected a grant/]],
  },
  'leaves those waiting who wait when it closes': {
    breaker: () => ({ close: () => Promise.resolve() }),
    found: [
      ['closing: errors those who wait', /did not end when its backend was closed/],
      [
        'closing: takes a second close, and refuses what comes after the first',
        /after the close, an attempt got granted/,
      ],
    ],
  },
  'can be opened again': {
    breaker: (_, { table }) => {
      let current: LockBackend = memory({ table });
      return {
        open: (runtime) => {
          current = memory({ table });
          current.open?.(runtime);
        },
        acquire: (request) => current.acquire(request),
        release: (grants, keepFor) => current.release(grants, keepFor),
        close: () => current.close(),
      };
    },
    found: [['closed: is not opened again once the last that used it is closed', /used again, gave .*a lock/]],
  },
  'fails when it is closed twice': {
    breaker: (backend) => {
      let closed = false;
      return {
        close: () => {
          if (closed) return Promise.reject(new Error('closed already'));
          closed = true;
          return backend.close();
        },
      };
    },
    found: [['closing: takes a second close, and refuses what comes after the first', /closed already/]],
  },
  'never closes': {
    breaker: () => ({ close: () => new Promise(() => undefined) }),
    found: [['closing: gives back what is held', /did not close/]],
  },
  'leaves a timer behind': {
    breaker: (backend) => ({
      open: (runtime) => {
        backend.open?.(runtime);
        // Ends by itself, after the suite has looked.
        setTimeout(() => undefined, 2000);
      },
    }),
    found: [['closing: leaves nothing behind', /keep the process alive: \d+ × Timeout/]],
  },
  'refuses bad names too late': {
    breaker: () => ({ validateName: () => undefined }),
    found: [['arguments: refuses bad names', /was answered with/]],
  },
};
