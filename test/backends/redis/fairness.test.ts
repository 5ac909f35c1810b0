import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { createLocks, type Locks } from '../../../src/index.js';
import { redis } from '../../../src/backends/redis/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { anyName } from '../../support/octostore-client.js';

const WAITERS = 20;
const ROUNDS = 5;
/** Others may come in between, when somebody is just asking. */
const MOST = 1.5 * WAITERS;
/** Whoever does not come for what is reserved for him within 400 ms gets another place: a process that stalls proves nothing. Milliseconds. */
const STALL = 200;
const TRIES = 5;

/** The longest time for which this process did nothing. */
class Stalls {
  longest = 0;
  private last = performance.now();
  private readonly timer = setInterval(() => {
    this.look();
  }, 10);

  end(): number {
    this.look();
    clearInterval(this.timer);
    return this.longest;
  }

  private look(): void {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.last);
    this.last = now;
  }
}

describeWithRedis('20 who wait for one lock', (server) => {
  const all: Locks<bigint>[] = [];
  const client = (): Locks<bigint> => {
    const locks = createLocks(redis(server().url));
    all.push(locks);
    return locks;
  };
  afterEach(async () => {
    await Promise.all(all.splice(0).map((locks) => locks.close()));
  });

  /** Plays until it was played without a stall. */
  async function undisturbed<T>(play: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const stalls = new Stalls();
      const result = await play();
      if (stalls.end() < STALL || tries === TRIES) return result;
    }
  }

  it(`have each waited for ${String(MOST)} turns of others at most, although one of them asks again at once`, async () => {
    const clients = Array.from({ length: WAITERS }, client);
    const waits = await undisturbed(async () => {
      const name = anyName();
      let turns = 0;
      let others = WAITERS - 1;
      const waited: number[] = [];
      const once = async (locks: Locks<bigint>): Promise<void> => {
        const since = turns;
        const lease = await locks.acquire(name, '10s');
        waited.push(turns - since);
        turns++;
        await sleep(1);
        await lease.release();
      };
      await Promise.all(
        clients.map(async (locks, who) => {
          if (who === 0) while (others > 0) await once(locks);
          else {
            for (let round = 0; round < ROUNDS; round++) {
              await once(locks);
              await sleep(who);
            }
            others--;
          }
        }),
      );
      return waited;
    });
    expect(waits.length).toBeGreaterThan((WAITERS - 1) * ROUNDS);
    expect(Math.max(...waits)).toBeLessThanOrEqual(MOST);
  });

  it('are all served, although somebody tries again and again without waiting', async () => {
    const clients = Array.from({ length: WAITERS }, client);
    const impatient = client();
    const stolen = await undisturbed(async () => {
      const name = anyName();
      let turns = 0;
      let waiting = 0;
      let thefts = 0;
      let isOver = false;
      const stealing = (async () => {
        while (!isOver) {
          const before = waiting;
          const lease = await impatient.tryAcquire(name, '10s');
          if (lease !== null && before > 1 && waiting > 1) thefts++;
          await lease?.release();
        }
      })();
      const first = await client().acquire(name, '10s');
      const served = clients.map(async (locks) => {
        const events$ = locks.lock$(name, '10s');
        await new Promise<void>((resolve, reject) => {
          events$.subscribe({
            next: (event) => {
              if (event.type === 'waiting' && event.position !== undefined) waiting++;
              if (event.type !== 'acquired') return;
              turns++;
              waiting--;
              void event.lease.release();
            },
            error: reject,
            complete: resolve,
          });
        });
      });
      await sleep(50);
      await first.release();
      await Promise.all(served);
      isOver = true;
      await stealing;
      expect(turns).toBe(WAITERS);
      return thefts;
    });
    expect(stolen).toBe(0);
  });
});
