import {
  animationFrameScheduler,
  asapScheduler,
  asyncScheduler,
  queueScheduler,
  VirtualTimeScheduler,
  type SchedulerLike,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isVirtualNow } from '../../src/values/is-virtual-now.js';
import { resolveTime } from '../../src/values/resolve-time.js';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import { systemClock } from '../../src/values/system-clock.js';
import { systemScheduler } from '../../src/values/system-scheduler.js';

const REAL = { clock: systemClock(), scheduler: systemScheduler };
const RUN = { clock: schedulerClock(asyncScheduler), scheduler: asyncScheduler };

function inRun<R>(work: () => R): R {
  return new TestScheduler(() => undefined).run(work);
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('resolveTime', () => {
  it.each<[string, SchedulerLike | undefined]>([
    ['no scheduler', undefined],
    ['asyncScheduler', asyncScheduler],
    ['asapScheduler', asapScheduler],
    ['queueScheduler', queueScheduler],
    ['animationFrameScheduler', animationFrameScheduler],
  ])("is real time with %s, and that of a TestScheduler's run within one", (_, scheduler) => {
    expect(resolveTime({ scheduler })).toEqual(REAL);
    expect(inRun(() => resolveTime({ scheduler }))).toEqual(RUN);
    expect(resolveTime({ scheduler })).toEqual(REAL);
  });

  it('is that of any other scheduler, wherever it is asked for', () => {
    const scheduler = new VirtualTimeScheduler();
    const expected = { clock: schedulerClock(scheduler), scheduler };
    expect(resolveTime({ scheduler })).toEqual(expected);
    expect(inRun(() => resolveTime({ scheduler }))).toEqual(expected);
  });

  it('stays real within a run for whoever says so', () => {
    expect(inRun(() => resolveTime({ scheduler: systemScheduler }))).toEqual(REAL);
    expect(inRun(() => resolveTime({ clock: systemClock() }))).toEqual(REAL);
  });
});

describe('isVirtualNow', () => {
  it('is so in a run, and in what a run schedules, at whatever time', () => {
    const seen: boolean[] = [];
    const look = (): void => void seen.push(isVirtualNow());
    inRun(() => {
      look();
      asyncScheduler.schedule(look, 500);
      asyncScheduler.schedule(look, 2 ** 31 - 1);
    });
    look();
    expect(seen).toEqual([true, true, true, false]);
  });

  it('is so in a run though the wall clock is one of 1970', () => {
    vi.spyOn(Date, 'now').mockReturnValue(86_400_000);
    expect(isVirtualNow()).toBe(false);
    expect(inRun(isVirtualNow)).toBe(true);
  });

  it("is not so under a runner's fake timers, whatever date they are set to", () => {
    vi.useFakeTimers({ now: 0 });
    expect(isVirtualNow()).toBe(false);
    vi.setSystemTime(5e11);
    expect(isVirtualNow()).toBe(false);
    expect(inRun(isVirtualNow)).toBe(true);
  });

  it.each<[string, (look: number) => number]>([
    ['is stepped back at each look', (look) => 1.7e12 - 3_600_000 * look],
    ['is stepped forward at each look', (look) => 1.7e12 + 3_600_000 * look],
    ['jumps between 1970 and now', (look) => (look % 2) * 1.7e12],
    ['jumps between now and 1970', (look) => 1.7e12 - (look % 2) * 1.7e12],
    ['is no number', () => NaN],
    [
      'throws',
      () => {
        throw new Error('no date');
      },
    ],
    ['is set at the second look', (look) => (look < 1 ? 86_400_000 : 1.7e12)],
    ['is set at the third look', (look) => (look < 2 ? 86_400_000 : 1.7e12)],
    ['falls at the third look', (look) => (look < 2 ? 1.7e12 : 86_400_000)],
  ])('is not so when the wall clock %s', (_, told) => {
    let looks = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => told(looks++));
    expect(isVirtualNow()).toBe(false);
  });
});
