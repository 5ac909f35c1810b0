import { asyncScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../src/values/system-clock.js';
import type { Clock } from '../../src/contract/time.js';
import { machine } from './support/machine.js';

const HOUR = 3_600_000;

/** How far the clock goes during something. */
function advance(clock: Clock, during: () => void): number {
  const before = clock.elapsed();
  during();
  return clock.elapsed() - before;
}

describe('SystemClock (rule 4)', () => {
  it('follows performance.now while the machine runs', () => {
    const { clock, run } = machine();
    expect(
      advance(clock, () => {
        run(1234.5);
      }),
    ).toBe(1234.5);
  });

  it('counts a suspend, once, though two sources see it', () => {
    const { clock, run, suspend } = machine();
    const passed = advance(clock, () => {
      suspend(60_000);
      clock.elapsed();
      clock.sync();
      clock.elapsed();
      clock.sync();
      run(10);
    });
    expect(passed).toBe(60_010);
  });

  it('counts a suspend once when the keeper looks first', () => {
    const { clock, suspend } = machine();
    const passed = advance(clock, () => {
      suspend(60_000);
      clock.sync();
      clock.sync();
    });
    expect(passed).toBe(60_000);
  });

  it('counts each of several suspends', () => {
    const { clock, run, suspend } = machine();
    const passed = advance(clock, () => {
      for (let i = 0; i < 5; i++) {
        suspend(1000);
        clock.sync();
        run(500);
      }
    });
    expect(passed).toBe(7500);
  });

  it('is not ahead by a second where os.uptime tells whole seconds, as on Bun and Deno, and counts a suspend all the same', () => {
    const { clock, now, run, uptime } = machine();
    uptime.mockImplementation(() => Math.floor(now.uptime / 1000));
    run(999);
    clock.sync();
    const passed = advance(clock, () => {
      for (let i = 0; i < 50; i++) {
        run(300);
        clock.sync();
      }
    });
    expect(passed).toBe(15_000);
    // The wall clock was stepped back meanwhile.
    now.uptime += 60_000;
    const asleep = advance(clock, () => {
      clock.sync();
    });
    expect(asleep).toBeGreaterThanOrEqual(60_000);
    expect(asleep).toBeLessThanOrEqual(61_000);
  });

  it('counts a suspend during which the wall clock was stepped back', () => {
    const { clock, now } = machine();
    const passed = advance(clock, () => {
      now.uptime += 60_000;
      now.date -= HOUR;
      clock.sync();
    });
    expect(passed).toBe(60_000);
  });

  it('leaves os.uptime to the keeper: it is dear', () => {
    const { clock, uptime } = machine();
    uptime.mockClear();
    for (let i = 0; i < 10; i++) clock.elapsed();
    expect(uptime).not.toHaveBeenCalled();
    clock.sync();
    expect(uptime).toHaveBeenCalledTimes(1);
  });

  it('knows a suspend by the wall clock alone where there is no os.uptime', () => {
    for (const options of [{ platform: 'darwin' as const }, { getBuiltinModule: false }]) {
      const { clock, suspend, uptime } = machine(options);
      const passed = advance(clock, () => {
        suspend(60_000);
        clock.sync();
      });
      expect(passed).toBe(60_000);
      expect(uptime).not.toHaveBeenCalled();
    }
  });

  it('takes a step forward for time that has passed', () => {
    const { clock, now } = machine();
    const passed = advance(clock, () => {
      now.date += HOUR;
    });
    expect(passed).toBe(HOUR);
  });

  it('is not moved by a step back', () => {
    const { clock, now, run } = machine();
    const passed = advance(clock, () => {
      now.date -= HOUR;
      clock.elapsed();
      run(1000);
    });
    expect(passed).toBe(1000);
  });

  it('sees a suspend that follows a step back', () => {
    const { clock, now, suspend } = machine({ platform: 'darwin' });
    const passed = advance(clock, () => {
      now.date -= HOUR;
      clock.elapsed();
      suspend(10_000);
    });
    expect(passed).toBe(10_000);
  });

  it('does not go back when a step forward is taken back', () => {
    const { clock, now } = machine();
    const passed = advance(clock, () => {
      now.date += HOUR;
      clock.elapsed();
      now.date -= HOUR;
      clock.elapsed();
    });
    expect(passed).toBe(HOUR);
  });

  it('is not moved by the jitter and granularity of its sources', () => {
    const { clock, now, run } = machine();
    let jitter = 0;
    const passed = advance(clock, () => {
      for (let i = 0; i < 1000; i++) {
        run(7.3);
        jitter = (jitter + 37) % 83;
        const exact = { ...now };
        now.date = Math.floor(now.date + jitter);
        now.uptime = Math.floor(now.uptime / 10) * 10 + jitter;
        clock.sync();
        Object.assign(now, exact);
      }
    });
    expect(passed).toBeCloseTo(7300, 6);
  });

  it('does not lag behind a source that gains little by little', () => {
    const { clock, now, run } = machine();
    const passed = advance(clock, () => {
      for (let i = 0; i < 1000; i++) {
        run(10);
        now.date += 1;
        clock.elapsed();
      }
    });
    expect(passed).toBeGreaterThan(11_000 - 101);
    expect(passed).toBeLessThanOrEqual(11_000);
  });

  it('never runs backwards when performance is replaced', () => {
    const { clock, now, run } = machine();
    const passed = advance(clock, () => {
      now.performance = 0;
      run(50);
      clock.elapsed();
      run(100);
    });
    // The first 50 ms are hidden by the replacement.
    expect(passed).toBe(100);
  });

  it('has a monotonic clock that nothing but performance.now moves', () => {
    const { clock, now } = machine();
    const before = clock.monotonic();
    now.date += HOUR;
    now.uptime += HOUR;
    clock.elapsed();
    clock.sync();
    expect(clock.monotonic()).toBe(before);
    now.performance += 5;
    expect(clock.monotonic()).toBe(before + 5);
  });

  it('has the wall clock for people', () => {
    const { clock, now } = machine();
    expect(clock.date()).toBe(now.date);
    now.date -= HOUR;
    expect(clock.date()).toBe(now.date);
  });

  it("asks nobody but the system: a TestScheduler's run does not move it", () => {
    const { clock, now, run } = machine();
    const seen: number[][] = [];
    new TestScheduler(() => undefined).run(() => {
      const look = (): void => {
        clock.sync();
        seen.push([clock.elapsed(), clock.date(), clock.monotonic()]);
      };
      look();
      asyncScheduler.schedule(() => {
        run(5);
        look();
      }, 70_000);
    });
    expect(seen).toEqual([
      [5000, now.date - 5, 5000],
      [5005, now.date, 5005],
    ]);
  });

  it("follows a test runner's fake timers, and does not run backwards after them", () => {
    const clock = new SystemClock();
    const before = clock.elapsed();
    vi.useFakeTimers();
    const fake = clock.elapsed();
    expect(fake).toBeGreaterThanOrEqual(before);
    vi.advanceTimersByTime(30_000);
    expect(clock.elapsed()).toBe(fake + 30_000);
    vi.useRealTimers();
    expect(clock.elapsed()).toBeGreaterThanOrEqual(fake + 30_000);
  });

  it('agrees with real time', () => {
    const clock = new SystemClock();
    const [elapsed, real] = [clock.elapsed(), performance.now()];
    while (performance.now() < real + 20);
    expect(clock.elapsed() - elapsed).toBeGreaterThanOrEqual(20);
    expect(Math.abs(clock.date() - Date.now())).toBeLessThan(1000);
  });

  describe('never falls, and lets no lock live longer,', () => {
    it('when a wall clock that began in 1970 is set', () => {
      const { clock, now, run } = machine({ date: 86_400_000 });
      const [elapsed, monotonic] = [clock.elapsed(), clock.monotonic()];
      run(200);
      expect(clock.elapsed() - elapsed).toBe(200);
      now.date = 1_700_000_000_000;
      expect(clock.elapsed() - elapsed).toBeGreaterThan(HOUR);
      expect(clock.monotonic() - monotonic).toBe(200);
      const set = clock.elapsed();
      run(800);
      expect(clock.elapsed() - set).toBe(800);
    });

    it('when the wall clock falls to 1970, and comes back', () => {
      const { clock, now, run } = machine();
      const before = clock.elapsed();
      const { date } = now;
      now.date = 0;
      run(100);
      expect(clock.elapsed() - before).toBe(100);
      now.date = date;
      expect(clock.elapsed() - before).toBeGreaterThan(HOUR);
    });

    it.each<[what: string, breaks: (now: ReturnType<typeof machine>['now']) => void]>([
      ['is no number', (now) => (now.performance = NaN)],
      ['is endless', (now) => (now.performance = Infinity)],
      [
        'throws',
        (now) => {
          Object.defineProperty(now, 'performance', {
            get() {
              throw new Error('no time');
            },
          });
        },
      ],
    ])('when performance.now %s: the wall clock carries', (_, breaks) => {
      const { clock, now } = machine();
      const before = clock.elapsed();
      breaks(now);
      now.date += 5000;
      expect(clock.elapsed() - before).toBeGreaterThanOrEqual(5000);
      now.date += 5000;
      expect(clock.elapsed() - before).toBeGreaterThanOrEqual(10_000);
    });

    it('when there is no performance', () => {
      vi.stubGlobal('performance', undefined);
      const clock = new SystemClock();
      const before = clock.elapsed();
      const date = Date.now();
      vi.spyOn(Date, 'now').mockReturnValue(date + 5000);
      expect(clock.elapsed() - before).toBeGreaterThanOrEqual(5000);
      expect(clock.monotonic()).toBeGreaterThan(0);
      vi.unstubAllGlobals();
    });

    it('when the wall clock throws', () => {
      const { clock, run } = machine();
      const before = clock.elapsed();
      vi.spyOn(Date, 'now').mockImplementation(() => {
        throw new Error('no date');
      });
      run(5000);
      expect(clock.elapsed() - before).toBe(5000);
      expect(clock.date()).toBeNaN();
    });

    it('when os.uptime throws', () => {
      const { clock, uptime, run } = machine();
      const before = clock.elapsed();
      uptime.mockImplementation(() => {
        throw new Error('not permitted');
      });
      run(5000);
      clock.sync();
      expect(clock.elapsed() - before).toBe(5000);
    });

    it('when only os.uptime is left', () => {
      const { clock, now } = machine();
      const before = clock.elapsed();
      Object.assign(now, { performance: NaN, date: NaN });
      now.uptime += 5000;
      clock.sync();
      expect(clock.elapsed() - before).toBe(5000);
    });

    it('whatever its sources do', () => {
      const told = fc.oneof(
        fc.constantFrom(NaN, Infinity, -Infinity, 0, -1, 86_400_000, 1e11, 1_700_000_000_000),
        fc.double({ noNaN: true, min: -1e13, max: 1e13 }),
      );
      const step = fc.record({
        source: fc.constantFrom('performance' as const, 'date' as const, 'uptime' as const),
        told,
        sync: fc.boolean(),
      });
      const { now } = machine();
      fc.assert(
        fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
          const clock = new SystemClock();
          let [elapsed, monotonic] = [clock.elapsed(), clock.monotonic()];
          for (const { source, told, sync } of steps) {
            now[source] = told;
            if (sync) clock.sync();
            const next = [clock.elapsed(), clock.monotonic()] as const;
            expect(next.every(Number.isFinite)).toBe(true);
            expect(next[0]).toBeGreaterThanOrEqual(elapsed);
            expect(next[1]).toBeGreaterThanOrEqual(monotonic);
            [elapsed, monotonic] = next;
          }
          // Sane again: time goes on as it did.
          Object.assign(now, { performance: 5000, date: 1_700_000_000_000, uptime: 900_000 });
          clock.sync();
          const before = clock.elapsed();
          now.performance += 1000;
          expect(clock.elapsed() - before).toBeCloseTo(1000, 1);
        }),
      );
    });
  });
});
