import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import { steadyClock } from '../../src/values/steady-clock.js';
import { systemClock } from '../../src/values/system-clock.js';
import { Time } from '../support/virtual.js';
import { machine } from './support/machine.js';

function clockOf(told: { now: number }) {
  const now = (): number => told.now;
  return { elapsed: now, date: now, monotonic: now };
}

/** The system's date goes on meanwhile. */
function expectTheSystems(date: () => number): void {
  const before = systemClock().date();
  const told = date();
  expect(told).toBeGreaterThanOrEqual(before);
  expect(told).toBeLessThanOrEqual(systemClock().date());
}

describe('steadyClock', () => {
  it('is one for each clock, and none for those that are steady', () => {
    const [a, b] = [clockOf({ now: 0 }), clockOf({ now: 0 })];
    expect(steadyClock(a)).toBe(steadyClock(a));
    expect(steadyClock(a)).not.toBe(steadyClock(b));
    expect(steadyClock(steadyClock(a))).toBe(steadyClock(a));
    expect(steadyClock(systemClock())).toBe(systemClock());
    const virtual = schedulerClock(new Time());
    expect(steadyClock(virtual)).toBe(virtual);
  });

  it('tells what the clock tells, as a method of it', () => {
    const clock = { at: 1234, elapsed: readAt, date: readAt, monotonic: readAt };
    function readAt(this: { at: number }): number {
      return this.at;
    }
    const steady = steadyClock(clock);
    expect([steady.elapsed(), steady.date(), steady.monotonic()]).toEqual([1234, 1234, 1234]);
  });

  it('goes on with the time of the system while the clock fails', () => {
    const { run } = machine();
    const told = { now: 1000 };
    const steady = steadyClock(clockOf(told));
    expect(steady.elapsed()).toBe(1000);
    told.now = NaN;
    expect(steady.elapsed()).toBe(1000);
    run(300);
    expect(steady.elapsed()).toBe(1300);
    run(300);
    expect(steady.elapsed()).toBe(1600);
    told.now = 1900;
    run(300);
    expect(steady.elapsed()).toBe(2500);
    told.now = Infinity;
    expect(steady.elapsed()).toBe(2500);
    run(300);
    expect(steady.elapsed()).toBe(2800);
  });

  it.each<[string, () => unknown]>([
    ['bigint', () => 5n],
    ['text', () => '5'],
    ['symbol', () => Symbol('5')],
  ])('takes a %s for no time', (_what, now) => {
    const { run } = machine();
    const steady = steadyClock({ elapsed: now, date: now, monotonic: now } as ReturnType<typeof clockOf>);
    const [elapsed, monotonic] = [steady.elapsed(), steady.monotonic()];
    run(300);
    expect([steady.elapsed() - elapsed, steady.monotonic() - monotonic]).toEqual([300, 300]);
    expectTheSystems(() => steady.date());
  });

  it.each([1e20, -1e20])('takes %d for no date: JSON could not write it', (now) => {
    expectTheSystems(() => steadyClock(clockOf({ now })).date());
  });

  it('goes on with the time of the system where the clock has none', () => {
    const { run } = machine();
    const steady = steadyClock({ monotonic: () => 5 });
    const before = steady.elapsed();
    run(1000);
    expect(steady.elapsed() - before).toBe(1000);
    expect(steady.date()).toBe(Date.now());
    expect(steady.monotonic()).toBe(5);
  });

  it('hands on a look at dear sources, and bears that it fails', () => {
    const sync = vi.fn();
    const clock = { ...clockOf({ now: 0 }), sync };
    steadyClock(clock).sync?.();
    expect(sync).toHaveBeenCalledTimes(1);
    sync.mockImplementation(() => {
      throw new Error('mine');
    });
    steadyClock(clock).sync?.();
    expect(sync).toHaveBeenCalledTimes(2);
  });

  it('never falls, whatever the clock does', () => {
    const step = fc.oneof(
      fc.constantFrom<number | 'throw'>(NaN, Infinity, -Infinity, 0, 'throw', 1_700_000_000_000),
      fc.double({ noNaN: true, min: -1e13, max: 1e13 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        let told: number | 'throw' = 0;
        const now = (): number => {
          if (told === 'throw') throw new Error('no time');
          return told;
        };
        const steady = steadyClock({ elapsed: now, date: now, monotonic: now });
        let last = [steady.elapsed(), steady.monotonic()] as const;
        for (told of steps) {
          const next = [steady.elapsed(), steady.monotonic()] as const;
          expect([...next, steady.date()].every(Number.isFinite)).toBe(true);
          expect(next[0]).toBeGreaterThanOrEqual(last[0]);
          expect(next[1]).toBeGreaterThanOrEqual(last[1]);
          last = next;
        }
      }),
    );
  });
});
