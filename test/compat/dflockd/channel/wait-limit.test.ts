import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WaitLimit } from '../../../../src/compat/dflockd/channel/wait-limit.js';

describe('WaitLimit', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** One whose waits may take five seconds more. */
  function limit(): { readonly waits: WaitLimit; readonly overdue: ReturnType<typeof vi.fn> } {
    const overdue = vi.fn();
    return { waits: new WaitLimit(5000, undefined, overdue), overdue };
  }

  async function pass(seconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    await new Promise(setImmediate);
  }

  it('tells of a wait that has not ended in time', async () => {
    const { waits, overdue } = limit();
    waits.begin(10);
    await pass(14.9);
    expect(overdue).not.toHaveBeenCalled();
    await pass(0.2);
    expect(overdue).toHaveBeenCalledTimes(1);
  });

  it('forgets how long one was that is over', async () => {
    const { waits, overdue } = limit();
    waits.begin(3600)();
    await pass(1);
    waits.begin(1);
    await pass(6.1);
    expect(overdue).toHaveBeenCalledTimes(1);
  });

  it('lets each begin when those before it are over', async () => {
    const { waits, overdue } = limit();
    const first = waits.begin(10);
    const second = waits.begin(3600);
    waits.begin(1);
    await pass(14);
    second();
    first();
    await pass(5.9);
    expect(overdue).not.toHaveBeenCalled();
    await pass(0.2);
    expect(overdue).toHaveBeenCalledTimes(1);
  });

  it('plans nothing when all are over', () => {
    const { waits } = limit();
    const ends = [waits.begin(1), waits.begin(2)];
    for (const end of ends) end();
    for (const end of ends) end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
