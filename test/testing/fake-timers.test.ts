import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import type { LockEvent } from '../../src/contract/lease.js';
import { scripted } from '../../src/testing/index.js';

describe("a runner's fake timers", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('drive a whole life of a lock', async () => {
    const backend = scripted({ acquire: ['20ms h', '20ms g'], renew: ['20ms r', '20ms n', ''] });
    const locks = createLocks(backend, { random: () => 1 - 1e-9 });
    const types: LockEvent['type'][] = [];
    const subscription = locks.lock$('a', '10s').subscribe(({ type }) => types.push(type));
    await vi.advanceTimersByTimeAsync(200);
    expect(types).toEqual(['waiting', 'acquired']);
    await vi.advanceTimersByTimeAsync(3000);
    expect(types).toEqual(['waiting', 'acquired', 'renewed']);
    await vi.advanceTimersByTimeAsync(3500);
    expect(types.slice(3)).toContain('uncertain');
    await vi.advanceTimersByTimeAsync(6000);
    expect(types.at(-1)).toBe('lost');
    expect(subscription.closed).toBe(true);
    await locks.close();
  });

  it('let a lock of the embedded backend run out', async () => {
    const backend = memory();
    const [silent, other] = [createLocks(backend), createLocks(backend)];
    const lease = await silent.acquire('a', '10s', { renew: false });
    const next = other.acquire('a', '10s');
    await vi.advanceTimersByTimeAsync(7900);
    expect(lease.isHeld).toBe(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(lease.isHeld).toBe(false);
    await vi.advanceTimersByTimeAsync(2000);
    expect((await next).fencingToken).toBe(2n);
    const closed = Promise.all([silent.close(), other.close()]);
    await vi.advanceTimersByTimeAsync(1000);
    await closed;
  });

  it('drive promises', async () => {
    const backend = scripted({ acquire: '50ms g', release: '50ms d' });
    const locks = createLocks(backend);
    const pending = locks.acquire('a', '30s');
    await vi.advanceTimersByTimeAsync(50);
    const lease = await pending;
    await vi.advanceTimersByTimeAsync(25_000);
    expect(lease.isHeld).toBe(true);
    expect(backend.callsOf('renew').length).toBeGreaterThan(1);
    const released = lease.release();
    await vi.advanceTimersByTimeAsync(50);
    await released;
    expect(lease.isHeld).toBe(false);
    expect(backend.callsOf('release')).toHaveLength(1);
  });

  it('work with a clock that was frozen for a while, as a suspended machine is', async () => {
    const locks = createLocks(scripted());
    const lease = await locks.acquire('a', '10s');
    vi.setSystemTime(Date.now() + 60_000);
    expect(lease.isHeld).toBe(false);
    await vi.advanceTimersByTimeAsync(0);
    await locks.close();
  });
});
