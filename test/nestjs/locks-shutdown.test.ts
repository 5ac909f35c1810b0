import { expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { LockClosedError } from '../../src/contract/errors.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { LocksShutdown } from '../../src/nestjs/locks-shutdown.js';

it('what a test provides in place of the Locks is closed with the application as well', async () => {
  const [made, provided] = [createLocks(memory()), createLocks(memory())];
  const shutdown = new LocksShutdown({ locks: made, drain: '1s', closeIn: 'onApplicationShutdown' }, provided);
  await shutdown.beforeApplicationShutdown();
  await (await provided.acquire('job', '30s')).release();
  await shutdown.onApplicationShutdown();
  for (const locks of [made, provided]) {
    await expect(locks.acquire('job', '30s')).rejects.toBeInstanceOf(LockClosedError);
  }
});
