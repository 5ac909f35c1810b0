import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing failed',
    (error: unknown) => (error as Error).message,
  );

describe('what is told of', () => {
  it.each([
    ['a lock', {}, "the lock 'a'"],
    ['a semaphore', { limit: 1 }, "the semaphore 'a'"],
  ])('%s names it as that', async (_, options, subject) => {
    const locks = createLocks(memory());
    const lease = await locks.acquire('a', '30s', options);
    expect(await messageOf(locks.acquire('a', '30s', { ...options, wait: false }))).toContain(`${subject} is held`);
    expect(await messageOf(locks.acquire('a', '30s', { ...options, wait: 1 }))).toBe(
      `${subject} was not granted within 1 ms`,
    );
    const { signal } = lease;
    await lease.release();
    expect(String(signal.reason)).toContain(`${subject} is being given back`);
    expect(() => {
      lease.assertHeld();
    }).toThrow(`${subject} was released`);
    expect(await messageOf(lease.extend())).toContain(`${subject} was released`);
    await locks.close();
  });
});
