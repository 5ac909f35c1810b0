import { redis, type RedisOptions } from '../../../src/backends/redis/index.js';
import { createLocks } from '../../../src/index.js';
import { until } from '../../support/poll.js';
import { Cast } from './cast.js';
import type { Child, ChildOptions } from './child.js';
import type { History } from './history.js';
import { PATIENCE, type Party } from './party.js';
import { SCRIPTS } from './redis-scripts.js';
import { SingleRedis, type RedisPlace } from './redis-place.js';

/** The last fencing token of a name, and since when the server has its data: these are remembered while nobody has anything. */
const REMEMBERED = /:(s?f|cold)$/;

/** A Redis of its own, and contenders for one name. */
export class RedisStage<P extends RedisPlace = SingleRedis> {
  private readonly cast = new Cast();

  constructor(readonly place: P) {}

  get name(): string {
    return this.cast.name;
  }

  get history(): History {
    return this.cast.history;
  }

  /** A client to whom the fault happens. */
  holder(options: RedisOptions = {}): Party {
    return this.party('holder', this.place.holderSource, options);
  }

  /** A client that nothing happens to. */
  other(who = 'other', options: RedisOptions = {}): Party {
    return this.party(who, this.place.otherSource, options);
  }

  /** A holder in a process of its own, on a single Redis. */
  child(options: ChildOptions = {}): Child {
    if (!(this.place instanceof SingleRedis)) throw new Error('a process of its own has a single Redis');
    return this.cast.child({ backend: 'redis', port: this.place.wire.port, ...options });
  }

  /** The server knows every script, so that what is sent of one is its name alone. */
  async warm(): Promise<void> {
    const masters = await this.place.masters();
    for (const master of masters) for (const script of SCRIPTS) await master.ask('SCRIPT', 'LOAD', script);
  }

  /** Takes the lock as nobody whom the table tells of, so that others queue. @returns What gives it back. */
  async occupy(): Promise<() => Promise<void>> {
    const locks = createLocks(redis(this.place.otherSource, { timeout: '1s' }));
    await locks.acquire(this.name, '60s');
    return () => locks.close();
  }

  /** Lets the fault happen. */
  strike(fault: () => unknown): Promise<void> {
    return this.cast.strike(fault);
  }

  fate(): string {
    return this.cast.fate();
  }

  /** What is in Redis: the keys that a lock, a queue or a reservation needs. */
  async keys(): Promise<readonly string[]> {
    const masters = await this.place.masters();
    const all = await Promise.all(masters.map(({ admin }) => admin.keys('*')));
    return all.flat().filter((key) => !REMEMBERED.test(key));
  }

  async settle(): Promise<void> {
    await this.place.heal();
    await this.cast.leave();
    let left: readonly string[] = [];
    const isEmpty = async (): Promise<boolean> => (left = await this.keys()).length === 0;
    await until(isEmpty, 'a Redis that holds nothing any more', PATIENCE).catch((error: unknown) => {
      throw new Error(`left behind: ${left.join()}`, { cause: error });
    });
  }

  async close(): Promise<void> {
    await this.place.heal();
    await this.cast.end();
    await this.place.stop();
  }

  private party(who: string, source: RedisPlace['holderSource'], options: RedisOptions): Party {
    return this.cast.party(who, redis(source, { timeout: '1s', ...options }));
  }
}
