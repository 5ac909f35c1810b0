import type { Observable } from 'rxjs';
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocks, type Lease, type LockEvent, type Locks } from '../../../../src/index.js';
import { redis } from '../../../../src/backends/redis/index.js';
import { anyName } from '../../../support/octostore-client.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import type { RedisServer } from '../../../support/redis-server.js';

const CLIENTS = 3;
const NAMES = 2;
const LIMIT = 3;
const TTLS = [1000, 3000] as const;

/** What may happen next. Numbers that are too large begin again at 0. */
export type Happening =
  | {
      readonly do: 'ask';
      readonly who: number;
      readonly name: number;
      readonly isShared: boolean;
      readonly waits: boolean;
      readonly ttl: number;
    }
  | { readonly do: 'take permits'; readonly who: number; readonly permits: number; readonly waits: boolean }
  | { readonly do: 'leave'; readonly which: number }
  | { readonly do: 'pass'; readonly milliseconds: number }
  | { readonly do: 'reset' | 'blackhole' | 'heal'; readonly who: number }
  | { readonly do: 'flush' | 'deafen' | 'pause' };

const who = fc.nat({ max: CLIENTS - 1 });
const waits = fc.boolean();

/** Most of what happens is asking and leaving. */
export const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      who,
      name: fc.nat({ max: NAMES - 1 }),
      isShared: fc.boolean(),
      waits,
      ttl: fc.constantFrom(...TTLS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('take permits' as const),
      who,
      permits: fc.integer({ min: 1, max: LIMIT }),
      waits,
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat({ max: 20 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('pass' as const), milliseconds: fc.constantFrom(0, 5, 20, 60) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reset' as const, 'blackhole' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('heal' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'deafen' as const, 'pause' as const) }) },
);

interface Client {
  readonly wire: FaultProxy;
  readonly locks: Locks<bigint>;
}

/** A lease that was told of, and how much of what it has. */
interface Told {
  readonly lease: Lease<bigint>;
  readonly of: string;
  readonly isShared: boolean;
  readonly permits: number;
}

/** Several clients of one Redis, each behind a network of its own, and a look at every grant. */
export class RandomHistory {
  /** What was wrong. */
  readonly wrongs: string[] = [];
  grants = 0;
  private readonly stem = anyName('history');
  private readonly told: Told[] = [];
  private readonly asked: { leave(): void }[] = [];

  private constructor(
    private readonly server: RedisServer,
    private readonly clients: readonly Client[],
  ) {}

  static async begin(server: RedisServer): Promise<RandomHistory> {
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const wire = await FaultProxy.start(server.port);
        return { wire, locks: createLocks(redis(`redis://127.0.0.1:${String(wire.port)}`, { timeout: '300ms' })) };
      }),
    );
    return new RandomHistory(server, clients);
  }

  async happen(what: Happening): Promise<void> {
    switch (what.do) {
      case 'ask': {
        const name = `${this.stem}-${String(what.name)}`;
        const { locks } = this.client(what.who);
        const mode = what.isShared ? 'shared' : 'exclusive';
        this.follow(locks.lock$(name, what.ttl, { mode, wait: what.waits }), name, what.isShared, 1);
        return;
      }
      case 'take permits': {
        const name = `${this.stem}-permits`;
        const { locks } = this.client(what.who);
        const { permits, waits: wait } = what;
        this.follow(locks.semaphore$(name, LIMIT, TTLS[0], { permits, wait }), name, true, permits);
        return;
      }
      case 'leave':
        this.asked.splice(what.which % Math.max(1, this.asked.length), 1)[0]?.leave();
        return;
      case 'pass':
        return sleep(what.milliseconds);
      case 'reset':
        this.client(what.who).wire.reset();
        return;
      case 'blackhole':
        this.client(what.who).wire.blackhole();
        return;
      case 'heal':
        return this.client(what.who).wire.heal();
      case 'flush':
        await this.server.ask('SCRIPT', 'FLUSH');
        return;
      case 'deafen':
        await this.server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
        return;
      case 'pause':
        await this.server.ask('CLIENT', 'PAUSE', 50, 'ALL');
    }
  }

  /** Everybody leaves. Then there is nothing left in Redis, and every name can be had again. */
  async end(): Promise<void> {
    await Promise.all(this.clients.map(({ wire }) => wire.heal()));
    for (const one of this.asked) one.leave();
    const [{ locks }] = this.clients as readonly [Client, ...Client[]];
    for (let name = 0; name < NAMES; name++) {
      const lease = await locks.acquire(`${this.stem}-${String(name)}`, TTLS[0], { wait: '20s' });
      await lease.release();
    }
    await Promise.all(this.clients.map((client) => client.locks.close()));
    const left = async (): Promise<readonly string[]> =>
      (await this.server.admin.keys(`*${this.stem}*`)).filter((key) => !/:s?f$/.test(key));
    await until(async () => (await left()).length === 0, 'a Redis that keeps nothing').catch(async (error: unknown) => {
      this.wrongs.push(`${String(error)}: ${(await left()).join()}`);
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map(({ locks }) => locks.close()));
    await Promise.all(this.clients.map(({ wire }) => wire.stop()));
  }

  private client(at: number): Client {
    return this.clients[at % CLIENTS]!;
  }

  private follow(events$: Observable<LockEvent<bigint>>, of: string, isShared: boolean, permits: number): void {
    const subscription = events$.subscribe({
      next: (event) => {
        if (event.type === 'acquired') this.check({ lease: event.lease, of, isShared, permits });
      },
      // Refused, or out of reach.
      error: () => undefined,
    });
    this.asked.push({ leave: () => subscription.unsubscribe() });
  }

  private check(next: Told): void {
    this.grants++;
    const before = this.told.filter(({ of }) => of === next.of);
    const held = [...before, next].filter(({ lease }) => lease.toJSON().isHeld);
    const isSemaphore = next.of.endsWith('permits');
    if (isSemaphore) {
      const permits = held.reduce((sum, one) => sum + one.permits, 0);
      if (permits > LIMIT) this.wrongs.push(`${String(permits)} permits of ${String(LIMIT)} are held`);
    } else if (held.length > 1 && held.some((one) => !one.isShared)) {
      this.wrongs.push(`${String(held.length)} hold ${next.of}, and one of them alone`);
    }
    const token = next.lease.fencingToken;
    for (const one of before) {
      if (one.isShared && next.isShared) continue;
      if (one.lease.fencingToken >= token) this.wrongs.push(`the token of ${next.of} does not grow`);
    }
    this.told.push(next);
  }
}
