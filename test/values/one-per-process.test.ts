import { TestScheduler } from 'rxjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

const CLOCK = Symbol.for('rxlock.system-clock');
const slots = globalThis as { [CLOCK]?: unknown };

/** Everything anew, as another build of the package in the same process. */
async function load() {
  vi.resetModules();
  const { createLocks, memory } = await import('../../src/index.js');
  const { systemClock } = await import('../../src/values/system-clock.js');
  return { createLocks, memory, systemClock };
}

afterEach(() => {
  vi.resetModules();
});

describe('two builds of the package in one process', () => {
  it('have one clock of the system, made at first use', async () => {
    slots[CLOCK] = undefined;
    const [one, other] = [await load(), await load()];
    expect(slots[CLOCK]).toBeUndefined();
    expect(one.systemClock()).toBe(other.systemClock());
    expect(slots[CLOCK]).toBe(one.systemClock());
  });

  const now = (): number => 5;
  const clock = { elapsed: now, date: now, monotonic: now };
  const scheduler = new TestScheduler(() => undefined);
  const times = { "the system's time": {}, 'a clock of the user': { clock }, "a scheduler's time": { scheduler } };
  for (const [name, time] of Object.entries(times)) {
    it(`share one backend, in ${name}`, async () => {
      const [one, other] = [await load(), await load()];
      expect(one.createLocks).not.toBe(other.createLocks);
      const backend = one.memory();
      one.createLocks(backend, time);
      expect(() => other.createLocks(backend, time)).not.toThrow();
    });
  }
});
