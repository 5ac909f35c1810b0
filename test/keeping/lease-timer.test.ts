import { describe, expect, it, vi } from 'vitest';
import { LeaseTimer } from '../../src/keeping/lease-timer.js';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import { Time } from '../support/virtual.js';

describe('LeaseTimer', () => {
  it('comes to a rest each time that it is asked to, once a turn', () => {
    const time = new Time();
    const timer = new LeaseTimer({ clock: schedulerClock(time), scheduler: time, random: () => 0 }, () => 5000);
    const ticks = timer.ticks$.subscribe();
    timer.arm();
    const atRest = vi.fn();
    for (let times = 1; times <= 3; times++) {
      timer.rest(atRest);
      timer.rest(atRest);
      time.turn();
      expect(atRest).toHaveBeenCalledTimes(times);
    }
    ticks.unsubscribe();
    expect(timer.at).toBe(Infinity);
  });
});
