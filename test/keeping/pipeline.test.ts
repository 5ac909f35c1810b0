import { afterEach, describe, expect, it, vi } from 'vitest';
import { Keeper } from '../../src/keeping/keeper.js';
import { Kept } from '../../src/keeping/kept.js';
import type { Grant } from '../../src/contract/backend.js';
import type { LostReason } from '../../src/contract/lease.js';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import { ManualBackend } from '../support/manual-backend.js';
import { Time } from '../support/virtual.js';

class Thing extends Kept {
  readonly log: string[] = [];
  readonly grant: Grant = { name: 'a' };
  readonly safetyFactor = 0.8;
  readonly renewRatio = 1 / 3;

  constructor(
    readonly ttl: number,
    private readonly kind?: string,
  ) {
    super();
  }

  override get resource(): string | undefined {
    return this.kind;
  }

  renewed(): void {
    this.log.push('renewed');
  }

  uncertain(): void {
    this.log.push('uncertain');
  }

  lost(reason: LostReason): void {
    this.log.push(`lost ${reason}`);
  }
}

function keeping() {
  const time = new Time();
  const backend = new ManualBackend();
  const clock = { ...schedulerClock(time), elapsed: (): number => time.now() };
  const runtime = { clock, scheduler: time, random: () => 0 };
  backend.open(runtime);
  const keeper: Keeper = new Keeper(runtime, backend, () => {
    time.schedule(() => {
      keeper.arm();
    });
  });
  const keep = (thing: Thing): Thing => {
    keeper.add(thing, [{ sentAt: time.now(), ttl: thing.ttl }], true, time.now());
    return thing;
  };
  return { time, clock, backend, keeper, keep };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the pipeline of renewals', () => {
  it('goes on after an error of its own, which is reported', async () => {
    vi.useFakeTimers();
    const { time, clock, backend, keep } = keeping();
    const reported: unknown[] = [];
    const catching = (error: unknown): number => reported.push(error);
    process.once('uncaughtException', catching);
    const thing = keep(new Thing(10_000));
    time.turn();
    const { elapsed } = clock;
    let failures = 0;
    clock.elapsed = () => {
      if (time.now() >= 3333 && failures === 0) {
        failures++;
        throw new RangeError('mine');
      }
      return elapsed();
    };
    time.advance(3333);
    expect(() => vi.runAllTimers()).toThrow('mine');
    process.removeListener('uncaughtException', catching);
    clock.elapsed = elapsed;
    expect(failures).toBe(1);
    time.advance(2000);
    expect(backend.renewals).not.toHaveLength(0);
    time.advance(8000);
    expect(thing.log.at(-1)).toBe('lost expired');
  });

  it('renews what is wanted now, before the turn is over', () => {
    const { backend, keeper, keep } = keeping();
    const thing = keep(new Thing(10_000));
    keeper.renewNow(thing);
    expect(backend.renewals).toHaveLength(1);
  });

  it('comes to a rest when nothing is kept, and begins anew', () => {
    const { time, backend, keeper, keep } = keeping();
    const first = keep(new Thing(10_000));
    time.turn();
    keeper.remove(first);
    time.advance(10);
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
    keep(new Thing(10_000));
    time.advance(3333);
    expect(backend.renewals).toHaveLength(1);
  });
});

describe('the pipeline of renewals, when the last of all is lost at its deadline', () => {
  it('comes to a rest', () => {
    const { time, keeper, keep } = keeping();
    const thing = keep(new Thing(10_000));
    time.turn();
    keeper.setRenewal(thing, false);
    time.advance(8010);
    expect(thing.log).toEqual(['lost expired']);
    expect(keeper).toMatchObject({ running: undefined });
  });
});

describe('a deadline that is further away than a ttl', () => {
  it('cannot be: the clock ran backwards, and the lock is lost', () => {
    const { time, clock, keep } = keeping();
    time.frame = 1_000_000;
    const thing = keep(new Thing(10_000));
    time.turn();
    clock.elapsed = () => time.now() - 900_000;
    time.advance(1000);
    expect(thing.log).toEqual(['lost expired']);
  });
});

describe('what is looked for', () => {
  it('is counted by what it is a lock of', () => {
    const { keeper, keep } = keeping();
    const things = [new Thing(1000, 'x'), new Thing(1000, 'x'), new Thing(1000, 'y'), new Thing(1000)].map(keep);
    expect([keeper.permits('x'), keeper.permits('y'), keeper.permits('z')]).toEqual([2, 1, 0]);
    keep(new Thing(1000, 'x'));
    expect(keeper.permits('x')).toBe(3);
    for (const thing of things) keeper.remove(thing);
    expect([keeper.permits('x'), keeper.permits('y')]).toEqual([1, 0]);
  });

  it('is found without a look at all the others', () => {
    const { keeper, keep } = keeping();
    const things = Array.from({ length: 1000 }, (_, i) => keep(new Thing(1000, String(i))));
    let looks = 0;
    const { all } = keeper;
    keeper.all = () => {
      looks++;
      return all.call(keeper);
    };
    for (let i = 0; i < 1000; i++) keeper.permits(String(i));
    for (const { grant } of things) keeper.revoke([grant], 'revoked', undefined);
    expect(things.every(({ log }) => log.length === 1)).toBe(true);
    expect(looks).toBeLessThanOrEqual(2);
  });
});
