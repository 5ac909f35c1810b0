import { asyncScheduler, firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import {
  redis,
  type RedisClient,
  type RedisBackend,
  type RedisOptions,
} from '../../../../../src/backends/redis/index.js';
import type { AcquireRequest, Grant, Released, Renewal } from '../../../../../src/contract/backend.js';
import type { LockStatus } from '../../../../../src/contract/status.js';
import { Attempt, ShiftedClock, type Granted } from '../../../../support/octostore-client.js';
import { until } from '../../../../support/poll.js';

export { anyName, type Attempt, type Granted } from '../../../../support/octostore-client.js';

/** What is asked for, if not a lock of 30 s for oneself that is waited for. */
export type Wanted = Partial<Omit<AcquireRequest, 'name' | 'stray' | 'holder'>>;

const opened = new Set<RedisUser>();

/** A backend of its own, used through its contract, as the core does. */
export class RedisUser {
  readonly clock = new ShiftedClock();
  readonly backend: RedisBackend;

  constructor(client: RedisClient, options: RedisOptions = {}) {
    opened.add(this);
    // A busy machine decides nothing.
    this.backend = redis(client, { timeout: '15s', ...options });
    this.backend.open?.({ clock: this.clock, scheduler: asyncScheduler, random: () => 0.5 });
  }

  /** Closes all that were opened since the last time. */
  static async closeAll(): Promise<void> {
    const users = [...opened];
    opened.clear();
    await Promise.all(users.map(({ backend }) => backend.close()));
  }

  ask(name: string, wanted: Wanted = {}): Attempt {
    return new Attempt(this.backend, { name, ttl: 30_000, wait: true, ...wanted });
  }

  acquire(name: string, wanted: Wanted = {}): Promise<Granted> {
    return this.ask(name, wanted).granted();
  }

  /** Asks for it, and resolves when it has its place in the queue. */
  async queue(name: string, wanted: Wanted = {}): Promise<Attempt> {
    const attempt = this.ask(name, wanted);
    await until(() => attempt.last?.type === 'queued' || attempt.error !== undefined, 'the place in the queue');
    if (attempt.error !== undefined) throw attempt.error as Error;
    return attempt;
  }

  async release(grant: Grant, keepFor = 0): Promise<Released> {
    const [answer] = await lastValueFrom(this.backend.release([grant], [keepFor]).pipe(toArray()));
    return answer!;
  }

  async renew(grant: Grant, ttl = 30_000): Promise<Renewal> {
    const [answer] = await lastValueFrom(this.backend.renew([grant], [ttl]).pipe(toArray()));
    return answer!;
  }

  status(name: string): Promise<LockStatus> {
    return firstValueFrom(this.backend.status(name));
  }
}
