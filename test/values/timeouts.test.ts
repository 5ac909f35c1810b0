import { describe, expect, it } from 'vitest';
import { schedulerTimer } from '../../src/values/scheduler-timer.js';
import { Timeouts, type Timeout } from '../../src/values/timeouts.js';
import { Time } from '../support/virtual.js';

function timing(rest?: number) {
  const time = new Time();
  const log: string[] = [];
  let armed = 0;
  const timer = schedulerTimer(time);
  const counting: typeof timer = {
    schedule(delay, run) {
      armed++;
      return timer.schedule(delay, run);
    },
  };
  const timeouts = new Timeouts(() => time.now(), counting, rest);
  const timeout = (name: string, then = (): void => undefined): Timeout => ({
    due: 0,
    position: -1,
    ring() {
      log.push(`${String(time.now())} ${name}`);
      then();
    },
  });
  const open = (): number => time.actions.filter((action) => !action.closed).length;
  return { time, log, timeouts, timeout, open, armed: () => armed };
}

describe('Timeouts', () => {
  it('rings each at its time, and not what is done away with', () => {
    const { time, log, timeouts, timeout, open } = timing();
    const [a, b, c] = [timeout('a'), timeout('b'), timeout('c')];
    timeouts.set(a, 300);
    timeouts.set(b, 100);
    timeouts.set(c, 200);
    timeouts.clear(c);
    timeouts.set(b, 150);
    time.advance(1000);
    expect(log).toEqual(['150 b', '300 a']);
    expect(open()).toBe(0);
  });

  it('rings at once for a time that has been, before the clock began as well', () => {
    const { time, log, timeouts, timeout } = timing();
    timeouts.set(timeout('a'), -1);
    time.advance(10);
    expect(log).toEqual(['0 a']);
  });

  it('does not ring one that another has just done away with', () => {
    const { time, log, timeouts, timeout } = timing();
    const broken = timeout('a', () => {
      timeouts.clear(third);
    });
    const third = timeout('c');
    timeouts.set(broken, 10);
    timeouts.set(timeout('b'), 10);
    timeouts.set(third, 10);
    timeouts.set(timeout('d'), 20);
    time.advance(100);
    expect(log.includes('10 c') && log.indexOf('10 c') > log.indexOf('10 a')).toBe(false);
    expect(log).toEqual(expect.arrayContaining(['10 a', '10 b', '20 d']));
  });

  it('keeps its timer for a while when nothing is left, so that one thing after the other needs hardly any', () => {
    const { time, timeouts, timeout, open, armed } = timing(20);
    for (let i = 0; i < 100; i++) {
      const one = timeout('late');
      timeouts.set(one, time.now() + 1000);
      time.advance(1);
      timeouts.clear(one);
    }
    expect(armed()).toBeLessThan(15);
    time.advance(20);
    expect(open()).toBe(0);
  });

  it('rings in time what is set while its timer only rests', () => {
    const { time, log, timeouts, timeout, open } = timing(20);
    const first = timeout('first');
    timeouts.set(first, 1000);
    timeouts.clear(first);
    timeouts.clear(first);
    timeouts.set(timeout('soon'), 5);
    timeouts.set(timeout('late'), 500);
    time.advance(1000);
    expect(log).toEqual(['5 soon', '500 late']);
    expect(open()).toBe(0);
  });
});
