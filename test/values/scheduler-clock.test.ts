import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import { Time } from '../support/virtual.js';

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

  it('goes on from where it was when the scheduler is set back', () => {
    const time = new Time();
    const clock = schedulerClock(time);
    time.frame = 70_000;
    expect(clock.elapsed()).toBe(70_000);
    time.frame = 0;
    expect([clock.elapsed(), clock.monotonic()]).toEqual([70_000, 0]);
    time.frame = 500;
    expect(clock.elapsed()).toBe(70_500);
    expect(clock.date()).toBe(500);
  });
});
