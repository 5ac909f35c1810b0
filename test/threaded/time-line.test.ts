import { afterEach, describe, expect, it, vi } from 'vitest';
import { commonTime } from '../../src/threaded/shared/common-time.js';
import { TimeLine } from '../../src/threaded/shared/time-line.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** A thread whose `elapsed` is so much ahead of the common time. */
function thread(lead: number) {
  const state = { common: 10_000, lead };
  vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => BigInt(Math.round(state.common * 1e6)));
  const elapsed = (): number => state.common + state.lead;
  const timeLine = new TimeLine({ elapsed, date: elapsed, monotonic: elapsed });
  return { state, timeLine, elapsed };
}

describe('commonTime', () => {
  it('is in milliseconds, and goes on', () => {
    const before = commonTime();
    expect(before).toBeGreaterThan(0);
    expect(commonTime()).toBeGreaterThanOrEqual(before);
  });
});

describe('TimeLine', () => {
  it('tells the same moment in either time', () => {
    const { state, timeLine } = thread(-7000);
    state.common = 12_000;
    expect(timeLine.toCommon(4500)).toBe(11_500);
    expect(timeLine.toElapsed(11_500)).toBe(4500);
  });

  it('puts what was sent before a suspend where it was, not a suspend later', () => {
    const { state, timeLine } = thread(0);
    state.common = 11_000;
    timeLine.look();
    // The machine was suspended for a minute, which only `elapsed` counts.
    state.common = 12_000;
    state.lead = 60_000;
    timeLine.look();
    expect(timeLine.toElapsed(11_500)).toBe(11_500);
    expect(timeLine.toElapsed(12_500)).toBe(72_500);
  });

  it('puts what was sent between two looks too early rather than too late', () => {
    const { state, timeLine } = thread(0);
    state.lead = 60_000;
    state.common = 13_000;
    timeLine.look();
    expect(timeLine.toElapsed(12_999)).toBe(12_999);
  });

  it('believes in nothing that was sent before all that it remembers', () => {
    const { state, timeLine, elapsed } = thread(0);
    for (let i = 1; i <= 20; i++) {
      state.common += 1000;
      state.lead += 200;
      timeLine.look();
    }
    expect(timeLine.toElapsed(11_500)).toBeLessThan(-1e12);
    expect(timeLine.toElapsed(state.common)).toBe(elapsed());
  });

  it('takes the jitter of its readings for nothing', () => {
    const { state, timeLine } = thread(0);
    state.lead = 0.5;
    timeLine.look();
    expect(timeLine.toElapsed(10_500)).toBe(10_500);
  });

  it('is never ahead, though a look was interrupted between its two readings', () => {
    const state = { common: 10_000, interrupted: 50 };
    vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => BigInt((state.common += state.interrupted) * 1e6));
    const elapsed = (): number => state.common;
    const timeLine = new TimeLine({ elapsed, date: elapsed, monotonic: elapsed });
    expect(timeLine.toElapsed(10_060)).toBe(10_010);
    state.interrupted = 0;
    timeLine.look();
    expect(timeLine.toElapsed(10_060)).toBe(10_060);
  });
});
