import { type Subscription, tap, type Observable } from 'rxjs';
import { expect } from 'vitest';
import { socketBackend } from '../../../../src/backends/socket/backend.js';
import { resolveSettings } from '../../../../src/backends/socket/client/settings.js';
import type { AcquireSignal, Bounds, LockBackend } from '../../../../src/contract/backend.js';
import { LockError } from '../../../../src/contract/errors.js';
import type { Lease, LeaseHandle } from '../../../../src/contract/lease.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { type ALL_FEATURES } from '../../../../src/values/all-features.js';
import { settle, Time } from '../../../support/virtual.js';
import type { Chance } from './chance.js';
import { HostileServer, SECRET } from './hostile-server.js';

const TTLS = [1000, 3000, 30_000];
/** The longest ttl that anybody asks for. */
const LONGEST = 60_000;

/** Somebody who does everything that can be done with locks, on a server that answers anything. All in virtual time. */
export class HostileScene {
  readonly time = new Time();
  readonly server: HostileServer;
  /** Those that are believed in, each with the longest ttl that was asked for it. */
  readonly leases = new Map<Lease<bigint>, number>();
  /** What must not be. It is only noted where it is seen: what throws there would be taken for the server's doing. */
  readonly violations: string[] = [];
  /** What was told, by type. */
  readonly told: Record<string, number> = {};
  private readonly backend: LockBackend;
  private readonly locks;
  private readonly open = new Set<Subscription>();
  private handle: LeaseHandle | undefined;

  constructor(private readonly chance: Chance) {
    this.server = new HostileServer(this.time, chance);
    const settings = resolveSettings({ url: 'ws://hostile', token: SECRET, timeout: 1000 });
    this.backend = this.tap(socketBackend(settings, this.server));
    const random = (): number => chance.next();
    this.locks = createLocks(this.backend as LockBackend<typeof ALL_FEATURES>, {
      scheduler: this.time,
      random,
      holder: 'me',
    });
    this.locks.events$.subscribe((event) => {
      this.told[event.type] = (this.told[event.type] ?? 0) + 1;
      if ('cause' in event && event.cause !== undefined) this.expectError(event.cause);
    });
  }

  /** Does something, lets it be answered or not, and looks. */
  async step(): Promise<void> {
    this.act();
    await settle(this.time);
    if (this.chance.once(3)) this.server.stir();
    this.time.advance(this.chance.of([0, 1, 5, 50, 300, 1500]));
    this.look();
  }

  /** Nothing is believed in that was not said, nor for longer than since that was asked for. */
  look(): void {
    expect(this.violations).toEqual([]);
    const now = this.time.now();
    for (const [lease, ttl] of this.leases) {
      if (!lease.isHeld) this.leases.delete(lease);
      else expect(now - this.server.lastConfirmed).toBeLessThan(0.8 * ttl + 1);
    }
  }

  /** The server is gone for good: everything that is believed in ends by itself. Then all is closed, and nothing is left. */
  async end(): Promise<void> {
    this.server.isGone = true;
    this.time.advance(LONGEST);
    this.look();
    expect([...this.leases.keys()].map(({ name }) => name)).toEqual([]);
    for (const one of this.open) one.unsubscribe();
    let isClosed = false;
    void this.locks.close().then(() => (isClosed = true));
    for (let i = 0; i < 20 && !isClosed; i++) {
      await settle(this.time);
      this.time.advance(1000);
    }
    await settle(this.time);
    expect(isClosed).toBe(true);
    expect(this.server.lines.filter(({ isOver }) => !isOver)).toHaveLength(0);
    this.time.advance(LONGEST);
    expect(this.time.actions.filter(({ closed }) => !closed)).toHaveLength(0);
  }

  /** The server has come to its senses: it can be used as ever. */
  async recover(): Promise<void> {
    this.server.hostility = 0;
    this.time.advance(60_000);
    await settle(this.time);
    let isGranted = false;
    const taking = this.locks.lock$('recovered', 30_000).subscribe(({ type }) => (isGranted ||= type === 'acquired'));
    for (let i = 0; i < 200 && !isGranted; i++) {
      await settle(this.time);
      this.server.stir();
      this.time.advance(500);
    }
    expect(isGranted).toBe(true);
    taking.unsubscribe();
  }

  private act(): void {
    const { chance, locks } = this;
    const name = chance.of(['a', 'b', 'c', 'd']);
    const lease = chance.of([...this.leases.keys()]);
    switch (chance.below(14)) {
      case 0:
      case 1:
      case 2:
        this.take(
          locks.lock$(name, chance.of(TTLS), { wait: chance.of([true, true, false, 2000]), onLost: 'complete' }),
        );
        break;
      case 3:
        this.take(locks.lock$(name, chance.of(TTLS), { onLost: 'reacquire', renew: chance.once(2) ? true : false }));
        break;
      case 4:
        this.take(locks.semaphore$(name, 3, chance.of(TTLS), { permits: 2 }));
        break;
      case 5:
        chance.of([...this.open])?.unsubscribe();
        break;
      case 6:
        this.promise(lease?.release());
        break;
      case 7:
        this.extend(lease, chance.of([1000, 5000, LONGEST]));
        break;
      case 8:
        this.promise(lease?.detach().then((handle) => (this.handle = handle)));
        break;
      case 9:
        if (this.handle !== undefined) this.take(locks.adopt$(this.handle));
        break;
      case 10:
        this.keep(locks.watch$(name).subscribe({ error: this.expectError }));
        break;
      case 11:
        this.promise(
          chance.of([() => locks.status(name), () => locks.list(), () => locks.revoke(name), () => locks.ping()])(),
        );
        break;
      case 12:
        this.keep(locks.leader$(name, 3000).subscribe({ error: this.expectError }));
        break;
      default:
    }
  }

  private extend(lease: Lease<bigint> | undefined, ttl: number): void {
    if (lease === undefined) return;
    this.leases.set(lease, Math.max(ttl, this.leases.get(lease) ?? 0));
    this.promise(lease.extend(ttl));
  }

  private take(lock$: Observable<{ readonly type: string; readonly lease?: unknown }>): void {
    this.keep(
      lock$.subscribe({
        next: ({ type, lease }) => {
          if (type === 'acquired') this.leases.set(lease as Lease<bigint>, (lease as Lease<bigint>).ttl);
        },
        error: this.expectError,
      }),
    );
  }

  private keep(one: Subscription): void {
    if (one.closed) return;
    this.open.add(one);
    one.add(() => this.open.delete(one));
  }

  private promise(promise: Promise<unknown> | undefined): void {
    promise?.catch(this.expectError);
  }

  private readonly expectError = (error: unknown): void => {
    this.demand(error instanceof LockError, `an error of another kind: ${String(error)}`);
    this.demand(!String(error).includes(SECRET), `a secret in: ${String(error)}`);
  };

  private demand(holds: boolean, otherwise: string): void {
    if (!holds) this.violations.push(otherwise);
  }

  /** Looks at all that the core is told. */
  private tap(backend: LockBackend): LockBackend {
    const { server } = this;
    const expectBounds = (bounds: Bounds): void => {
      for (const { sentAt } of bounds) this.demand(server.confirmed.has(sentAt), `nobody confirmed ${String(sentAt)}`);
    };
    const expectSignal = tap((signal: AcquireSignal) => {
      if (signal.type !== 'granted') return;
      const { id } = signal.grant as unknown as { readonly id: number };
      this.demand(server.granted.has(id), `nobody granted ${String(id)}`);
      expectBounds(signal.bounds);
    });
    return {
      ...backend,
      acquire: (request) => backend.acquire(request).pipe(expectSignal),
      adopt: (name, secret, request) => backend.adopt!(name, secret, request).pipe(expectSignal),
      renew: (grants, ttls) =>
        backend.renew(grants, ttls).pipe(
          tap((renewal) => {
            if (renewal.outcome === 'renewed') expectBounds(renewal.bounds);
          }),
        ),
      confirmed: (grant) => {
        const bounds = backend.confirmed!(grant);
        if (bounds !== undefined) expectBounds(bounds);
        return bounds;
      },
    };
  }
}
