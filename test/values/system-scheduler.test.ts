import { asyncScheduler, interval, NEVER, of, repeat, take, timeout, timer, type SchedulerAction, delay } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemScheduler } from '../../src/values/system-scheduler.js';

describe('systemScheduler', () => {
  let log: string[];
  let start: number;
  const note = (what: unknown): void => void log.push(`${String(Date.now() - start)} ${String(what)}`);

  beforeEach(() => {
    vi.useFakeTimers();
    log = [];
    start = Date.now();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('does something later, once, with its state', () => {
    systemScheduler.schedule(note, 300, 'a');
    systemScheduler.schedule(note, 0, 'b');
    systemScheduler.schedule<string>(note);
    vi.advanceTimersByTime(1000);
    expect(log).toEqual(['0 b', '0 undefined', '300 a']);
  });

  it('tells the wall clock', () => {
    expect(systemScheduler.now()).toBe(Date.now());
  });

  it('forgets what is unsubscribed, and keeps no timer', () => {
    const action = systemScheduler.schedule(note, 300, 'a');
    const ended = vi.fn();
    action.add(ended);
    action.unsubscribe();
    action.unsubscribe();
    expect(ended).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
    expect((action as SchedulerAction<string>).schedule('b', 100)).toBe(action);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is told so again while it is done, and not by whoever left then', () => {
    systemScheduler.schedule<number>(
      function (count) {
        note(count);
        if (count < 2) this.schedule(count + 1, 200);
      },
      100,
      0,
    );
    systemScheduler.schedule(function () {
      note('leaves');
      this.unsubscribe();
      this.schedule(undefined, 10);
    }, 150);
    vi.advanceTimersByTime(2000);
    expect(log).toEqual(['100 0', '150 leaves', '300 1', '500 2']);
  });

  it('is told anew before it is done', () => {
    const action = systemScheduler.schedule(note, 300, 'a') as SchedulerAction<string>;
    action.schedule('b', 500);
    vi.advanceTimersByTime(2000);
    expect(log).toEqual(['500 b']);
  });

  it('waits for longer than an engine has a timer for', () => {
    const DAY = 86_400_000;
    systemScheduler.schedule(note, 60 * DAY, 'late');
    const never = systemScheduler.schedule(note, Infinity, 'never');
    vi.advanceTimersByTime(60 * DAY - 1);
    expect(log).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(log).toEqual([`${String(60 * DAY)} late`]);
    never.unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves an error to the timer, and does nothing of it again', () => {
    const action = systemScheduler.schedule(function () {
      this.schedule(undefined, 10);
      throw new Error('mine');
    }, 100);
    systemScheduler.schedule(note, 100, 'other');
    expect(() => vi.advanceTimersByTime(100)).toThrow('mine');
    expect(action.closed).toBe(true);
    vi.advanceTimersByTime(100);
    expect(log).toEqual(['100 other']);
  });

  it('carries the operators of RxJS', () => {
    const s = systemScheduler;
    timer(100, s).subscribe(() => {
      note('timer');
    });
    timer(50, 100, s)
      .pipe(take(3))
      .subscribe((n) => {
        note(`timer ${String(n)}`);
      });
    interval(200, s)
      .pipe(take(2))
      .subscribe((n) => {
        note(`interval ${String(n)}`);
      });
    NEVER.pipe(timeout({ first: 260, scheduler: s })).subscribe({
      error: (error: unknown) => {
        note((error as Error).name);
      },
    });
    of('delayed').pipe(delay(310, s)).subscribe(note);
    of('again')
      .pipe(repeat({ count: 2, delay: () => timer(320, s) }))
      .subscribe(note);
    vi.advanceTimersByTime(2000);
    expect(log).toEqual([
      '0 again',
      '50 timer 0',
      '100 timer',
      '150 timer 1',
      '200 interval 0',
      '250 timer 2',
      '260 TimeoutError',
      '310 delayed',
      '320 again',
      '400 interval 1',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is real in a TestScheduler's run", () => {
    const virtual = vi.fn();
    new TestScheduler(() => undefined).run(() => {
      systemScheduler.schedule(note, 100, 'real');
      asyncScheduler.schedule(virtual, 200);
      expect(systemScheduler.now()).toBe(start);
    });
    expect(virtual).toHaveBeenCalledTimes(1);
    expect(log).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(log).toEqual(['100 real']);
  });
});
