import { describe, expect, it } from 'vitest';
import { LockCapacityError } from '../../src/contract/errors.js';
import type { LockStatus } from '../../src/contract/status.js';
import { setup } from '../support/virtual.js';

const FREE: LockStatus = { name: 'a', status: 'free', toJSON: () => ({}) };
const HOUR = 3_600_000;
const DAYS = 5 * 24 * HOUR;

describe('a hint when to come back', () => {
  const patient = { retry: { initial: '1s', max: '30s', jitter: 'none' } } as const;

  it('is acted on at once, and less and less soon where it proves wrong', () => {
    const { backend, locks, time } = setup(patient);
    backend.onAcquire = (call) => {
      call.held({ retryAfter: 0 });
    };
    locks.lock$('a', '10s').subscribe();
    time.advance(4000);
    expect(backend.acquired.map(({ at }) => at)).toEqual([0, 1, 51, 151, 351, 751, 1551, 2551, 3551]);
  });

  it('is acted on at once again after one that was none', () => {
    const { backend, locks, time } = setup(patient);
    const hints = [0, 0, 2000, 0, 0];
    backend.onAcquire = (call) => {
      call.held({ retryAfter: hints[backend.acquired.length - 1] });
    };
    locks.lock$('a', '10s').subscribe();
    time.advance(2200);
    expect(backend.acquired.map(({ at }) => at)).toEqual([0, 1, 51, 2051, 2052, 2102]);
  });

  it('does not lengthen the delay of a policy that is quicker', () => {
    const { backend, locks, time } = setup({ retry: { initial: '10ms', max: '10ms', jitter: 'none' } });
    backend.onAcquire = (call) => {
      call.held({ retryAfter: 0 });
    };
    locks.lock$('a', '10s').subscribe();
    time.advance(31);
    expect(backend.acquired.map(({ at }) => at)).toEqual([0, 1, 11, 21, 31]);
  });

  it('of 0 ms that is binding leaves the delay to the policy', () => {
    const { backend, locks, time } = setup(patient);
    backend.onAcquire = (call) => {
      call.held({ retryAfter: 0, binding: true });
    };
    locks.lock$('a', '10s').subscribe();
    time.advance(4000);
    expect(backend.acquired.map(({ at }) => at)).toEqual([0, 1000, 3000]);
  });
});

describe('a lock that is said to be free', () => {
  const patient = { retry: { initial: '5s', jitter: 'none' } } as const;
  /** Refused once, so that it is watched. */
  const waiting = () => {
    const scene = setup(patient, { push: true });
    scene.locks.lock$('a', '10s').subscribe();
    scene.backend.acquired[0]!.held();
    return scene;
  };

  it('is asked for at once, each time that some time has passed since the last', () => {
    const { backend, time } = waiting();
    for (let turn = 1; turn <= 5; turn++) {
      backend.statuses.next(FREE);
      expect(backend.acquired).toHaveLength(turn + 1);
      time.advance(10);
      backend.acquired[turn]!.held();
      time.advance(100);
    }
  });

  it('is asked for once at a time, and with a pause, though it is said again and again', () => {
    const { backend, time } = waiting();
    for (let at = 0; at < 1000; at++) {
      backend.statuses.next(FREE);
      const open = backend.acquired.filter((call) => call.open);
      expect(open.length).toBeLessThan(2);
      open[0]?.held();
      time.advance(1);
    }
    expect(backend.acquired.slice(0, 5).map(({ at }) => at)).toEqual([0, 0, 20, 40, 60]);
    expect(backend.acquired.length).toBeLessThan(60);
  });

  it('is asked for after the pause, though it was said during the pause only', () => {
    const { backend, time } = waiting();
    backend.statuses.next(FREE);
    backend.acquired[1]!.held();
    time.advance(5);
    backend.statuses.next(FREE);
    expect(backend.acquired).toHaveLength(2);
    time.advance(15);
    expect(backend.acquired).toHaveLength(3);
  });
});

describe('an absurd demand', () => {
  it('is kept for an hour, be it that of an error', () => {
    const { backend, locks, time } = setup();
    locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.fail(new LockCapacityError('slow down', { retryAfter: DAYS }));
    time.advance(HOUR - 1);
    expect(backend.acquired).toHaveLength(1);
    time.advance(1);
    expect(backend.acquired).toHaveLength(2);
  });

  it('is kept for an hour, be it that of an answer', () => {
    const { backend, locks, time } = setup();
    locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.held({ retryAfter: DAYS, binding: true });
    time.advance(HOUR - 1);
    expect(backend.acquired).toHaveLength(1);
    time.advance(1);
    expect(backend.acquired).toHaveLength(2);
  });
});
