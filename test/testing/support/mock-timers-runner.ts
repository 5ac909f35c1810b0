/** Locks in the mock timers of `node:test`; run by runners.test.ts. */
import assert from 'node:assert';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { createLocks } from '../../../src/locks/create-locks.js';
import { memory } from '../../../src/backends/memory/memory.js';
import { scripted } from '../../../src/testing/index.js';

/** In small steps, so that promises settle in between. */
async function pass(milliseconds: number, step: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += step) {
    mock.timers.tick(step);
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }
}

void describe('the mock timers of node:test', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  void it('drive acquire, the renewals and release', async () => {
    const backend = scripted({ acquire: '50ms g', release: '50ms d' });
    const locks = createLocks(backend);
    const acquiring = locks.acquire('a', '30s');
    await pass(60, 10);
    const lease = await acquiring;
    await pass(60_000, 1000);
    assert.strictEqual(lease.isHeld, true);
    assert.ok(backend.callsOf('renew').length > 4);
    const released = lease.release();
    await pass(60, 10);
    await released;
    assert.strictEqual(backend.callsOf('release').length, 1);
  });

  void it('let a lock run out', async () => {
    const locks = createLocks(memory());
    const lease = await locks.acquire('a', '10s', { renew: false });
    await pass(7000, 1000);
    assert.strictEqual(lease.isHeld, true);
    await pass(2000, 1000);
    assert.strictEqual(lease.isHeld, false);
  });
});
