import { describe, expect, it } from 'vitest';
import type { LockEvent } from '../../src/contract/lease.js';
import { soundRandom } from '../../src/values/sound-random.js';
import { record, setup } from '../support/virtual.js';

const wrong: [string, () => unknown][] = [
  ['no number', () => NaN],
  ['nothing', () => undefined],
  ['too much', () => 1],
  ['less than nothing', () => -1],
  [
    'that it cannot',
    () => {
      throw new Error('mine');
    },
  ],
];

describe('a source of randomness', () => {
  it('is believed in what can be', () => {
    expect([0, 0.25, 1 - 1e-9].map((number) => soundRandom(() => number)())).toEqual([0, 0.25, 1 - 1e-9]);
    expect(soundRandom(Math.random)).toBe(Math.random);
  });

  it.each(wrong)('that says %s is left out', (_what, random) => {
    const number = soundRandom(random as () => number)();
    expect(number >= 0 && number < 1).toBe(true);
  });

  it.each(wrong)('that says %s keeps no lock from being renewed', (_what, random) => {
    const { time, backend, locks } = setup({ random: random as () => number });
    const { observer, log } = record<LockEvent>(time);
    backend.onRenew = (call) => {
      call.confirm();
    };
    locks.lock$('a', '10s').subscribe(observer);
    backend.acquired[0]!.grant();
    time.advance(3500);
    expect(log).toHaveLength(2);
    expect(log[1]).toMatch(/ renewed$/);
  });
});
