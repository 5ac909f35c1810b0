import { asyncScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { createLocks } from '../../src/locks/create-locks.js';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import { systemClock } from '../../src/values/system-clock.js';
import { systemScheduler } from '../../src/values/system-scheduler.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import type { LocksOptions } from '../../src/contract/options.js';
import type { Clock, Runtime } from '../../src/contract/time.js';
import { ManualBackend } from '../support/manual-backend.js';
import { Time } from '../support/virtual.js';
import { machine } from '../values/support/machine.js';

const HOUR = 3_600_000;

describe('the time of createLocks', () => {
  /** What a backend is given. */
  function runtimeOf(options: LocksOptions = {}): Runtime {
    const backend = new ManualBackend();
    const open = vi.spyOn(backend, 'open');
    createLocks(backend, options);
    return open.mock.calls[0]![0];
  }

  it('is the system clock by default, also for the schedulers of RxJS', () => {
    for (const options of [{}, { scheduler: asyncScheduler }]) {
      expect(runtimeOf(options)).toMatchObject({ clock: systemClock(), scheduler: systemScheduler });
    }
  });

  it('is that of a scheduler that is given alone', () => {
    const time = new Time();
    expect(runtimeOf({ scheduler: time })).toMatchObject({ clock: schedulerClock(time), scheduler: time });
  });

  it("is that of a TestScheduler's run for what is made in it", () => {
    new TestScheduler(() => undefined).run(() => {
      expect(runtimeOf()).toMatchObject({ clock: schedulerClock(asyncScheduler), scheduler: asyncScheduler });
    });
  });

  it('is that of a given clock, which never falls', () => {
    let now = 5000;
    const clock = { elapsed: () => now, date: () => now, monotonic: () => now };
    const { clock: steady } = runtimeOf({ clock });
    expect(runtimeOf({ clock }).clock).toBe(steady);
    expect(steady.elapsed()).toBe(5000);
    now = 1000;
    expect([steady.elapsed(), steady.monotonic(), steady.date()]).toEqual([5000, 1000, 1000]);
    now = NaN;
    expect(steady.elapsed()).toBe(5000);
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

it.each<[string, (machinery: ReturnType<typeof machine>) => void]>([
  ['is set', ({ now }) => (now.date = 1_700_000_000_000)],
  ['falls to 1970', ({ now }) => (now.date = 0)],
])('a lock that is out of reach is not believed in for longer because the wall clock of 1970 %s', async (_, step) => {
  const machinery = machine({ date: 86_400_000 });
  const { run } = machinery;
  const backend = new ManualBackend();
  backend.onAcquire = (call) => call.grant();
  const events: LockEvent[] = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  createLocks(backend, { clock: machinery.clock, random: () => 0 })
    .lock$('a', '1s')
    .subscribe((event) => events.push(event));
  const { lease } = events[0] as { lease: Lease };
  await Promise.resolve();
  run(200);
  expect(lease.remaining()).toBe(600);
  step(machinery);
  expect(lease.remaining()).toBeLessThanOrEqual(600);
  run(600);
  vi.advanceTimersByTime(1000);
  expect(events.at(-1)).toMatchObject({ type: 'lost', reason: 'expired' });
});
