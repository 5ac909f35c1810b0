import { asyncScheduler, VirtualTimeScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { schedulerClock, SystemClock, systemClock } from '../../src/values/clock.js';
import { createLocks } from '../../src/locks/create-locks.js';
import type { Clock } from '../../src/contract/time.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { ManualBackend } from '../support/manual-backend.js';
import { Time } from '../support/virtual.js';

const HOUR = 3_600_000;

/** A machine whose sources of time the test moves. */
function machine({
  platform = 'linux',
  getBuiltinModule = true,
}: { platform?: NodeJS.Platform; getBuiltinModule?: boolean } = {}) {
  const now = { performance: 5000, date: 1_700_000_000_000, uptime: 900_000 };
  vi.spyOn(performance, 'now').mockImplementation(() => now.performance);
  vi.spyOn(Date, 'now').mockImplementation(() => now.date);
  vi.spyOn(process, 'platform', 'get').mockReturnValue(platform);
  const original = process.getBuiltinModule;
  const uptime = vi.fn(() => now.uptime / 1000);
  const fake = ((id: string) =>
    id === 'node:os' ? { ...original('node:os'), uptime } : original(id as 'node:os')) as typeof original;
  process.getBuiltinModule = getBuiltinModule ? fake : (undefined as never);
  restores.push(() => {
    process.getBuiltinModule = original;
  });
  const clock = new SystemClock();
  clock.elapsed();
  clock.sync();
  return {
    now,
    clock,
    uptime,
    /** Time passes while the machine runs. */
    run(ms: number): void {
      now.performance += ms;
      now.date += ms;
      now.uptime += ms;
    },
    /** Time passes while it is suspended. */
    suspend(ms: number): void {
      now.date += ms;
      now.uptime += ms;
    },
  };
}

const restores: (() => void)[] = [];

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const restore of restores.splice(0).reverse()) restore();
});

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

  it("is the virtual time in TestScheduler's run mode, and goes on afterwards", () => {
    const { clock, run } = machine();
    const before = clock.elapsed();
    const seen: number[][] = [];
    const scheduler = new TestScheduler(() => undefined);
    scheduler.run(() => {
      const look = (): void => {
        clock.sync();
        seen.push([clock.elapsed(), clock.date(), clock.monotonic()]);
      };
      look();
      asyncScheduler.schedule(look, 70_000);
    });
    expect(seen).toEqual([
      [0, 0, 0],
      [70_000, 70_000, 70_000],
    ]);
    run(5);
    expect(clock.elapsed()).toBe(before + 5);
  });

  it('is the monotonic clock again after run mode, whoever looks first', () => {
    const { clock, now } = machine();
    new TestScheduler(() => undefined).run(() => {
      expect(clock.elapsed()).toBe(0);
    });
    expect(clock.monotonic()).toBe(now.performance);
    expect(clock.monotonic()).toBe(now.performance);
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
});

describe('schedulerClock', () => {
  it('is the time of the scheduler', () => {
    const time = new Time();
    const clock = schedulerClock(time);
    time.frame = 1234;
    expect([clock.elapsed(), clock.date(), clock.monotonic()]).toEqual([1234, 1234, 1234]);
  });

  it('is one for each scheduler', () => {
    const [a, b] = [new VirtualTimeScheduler(), new VirtualTimeScheduler()];
    expect(schedulerClock(a)).toBe(schedulerClock(a));
    expect(schedulerClock(a)).not.toBe(schedulerClock(b));
  });
});

describe('the clock of createLocks', () => {
  it('is the system clock by default, also for the schedulers of RxJS', () => {
    for (const options of [{}, { scheduler: asyncScheduler }]) {
      const backend = new ManualBackend();
      const open = vi.spyOn(backend, 'open');
      createLocks(backend, options);
      expect(open.mock.calls[0]![0].clock).toBe(systemClock);
    }
  });

  it('is that of a scheduler that is given alone', () => {
    const [backend, time] = [new ManualBackend(), new Time()];
    const open = vi.spyOn(backend, 'open');
    createLocks(backend, { scheduler: time });
    expect(open.mock.calls[0]![0].clock).toBe(schedulerClock(time));
  });

  it('is read in full at the beginning, and once a tick of the keeper', () => {
    const [backend, time] = [new ManualBackend(), new Time()];
    const sync = vi.fn();
    const clock: Clock = { elapsed: () => time.now(), date: () => time.now(), monotonic: () => time.now(), sync };
    const locks = createLocks(backend, { scheduler: time, clock, random: () => 0 });
    expect(sync).toHaveBeenCalledTimes(1);
    backend.onAcquire = (call) => call.grant();
    for (const name of ['a', 'b', 'c']) locks.lock$(name, '10s').subscribe();
    time.advance(999);
    expect(sync).toHaveBeenCalledTimes(1);
    time.advance(1);
    expect(sync).toHaveBeenCalledTimes(2);
    time.advance(2333);
    expect(sync).toHaveBeenCalledTimes(5);
    expect(backend.renewals).toHaveLength(1);
  });

  it('ends a lease that a suspend has outlived: by the gate, before any timer', () => {
    const { now, clock, suspend } = machine();
    const backend = new ManualBackend();
    backend.onAcquire = (call) => call.grant();
    const events: LockEvent[] = [];
    createLocks(backend, { clock, scheduler: new Time() })
      .lock$('a', '10s')
      .subscribe((event) => events.push(event));
    const { lease } = events[0] as { lease: Lease };
    now.performance += 1000;
    suspend(6000);
    expect(lease.isHeld).toBe(true);
    suspend(2000);
    expect(lease.isHeld).toBe(false);
    expect(events.at(-1)).toMatchObject({ type: 'lost', reason: 'expired' });
  });

  it('frees no lock late or early when the wall clock is stepped back', () => {
    const { now, clock, run } = machine();
    const backend = new ManualBackend();
    backend.onAcquire = (call) => call.grant();
    const events: LockEvent[] = [];
    createLocks(backend, { clock, scheduler: new Time() })
      .lock$('a', '10s')
      .subscribe((event) => events.push(event));
    const { lease } = events[0] as { lease: Lease };
    now.date -= HOUR;
    run(7999);
    expect(lease.isHeld).toBe(true);
    expect(lease.remaining()).toBe(1);
    run(1);
    expect(lease.isHeld).toBe(false);
  });
});
