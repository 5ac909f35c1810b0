import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import {
  LockClosedError,
  LockLostError,
  LockUnsupportedError,
  LockValidationError,
} from '../../src/contract/errors.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { granting, record, settle, Time } from '../support/virtual.js';

function onMemory(prefix = '') {
  const time = new Time();
  const backend = memory();
  const options = { scheduler: time, random: () => 0, prefix };
  return { time, mine: createLocks(backend, options), others: createLocks(backend, options) };
}

describe('revoke', () => {
  it('takes the lock from whoever has it, who hears that it is lost, and gives it to the next', async () => {
    const { time, mine, others } = onMemory();
    const holder = record<LockEvent>(time);
    const next = record<LockEvent>(time);
    others.lock$('a', '10s').subscribe(holder.observer);
    others.lock$('a', '10s').subscribe(next.observer);
    time.advance(1000);
    await mine.revoke('a');
    await settle(time);
    expect(holder.log).toEqual(['0 acquired', '1000 lost', '1000 complete']);
    expect(holder.events.at(-1)).toMatchObject({ type: 'lost', reason: 'revoked' });
    expect(next.log).toEqual(['0 waiting', '1000 acquired']);
  });

  it('takes it from its own locks as well', async () => {
    const { mine } = onMemory();
    const lease = await mine.acquire('a', '10s');
    await mine.revoke('a');
    expect(lease.isHeld).toBe(false);
    expect(lease.signal.reason).toBeInstanceOf(LockLostError);
    expect(() => {
      lease.assertHeld();
    }).toThrow(/was lost: revoked/);
  });

  it('gives it to nobody before all who share it were told, though one of them asks again at once', () => {
    const { mine, others } = onMemory();
    const leases: Lease[] = [];
    const seen: boolean[] = [];
    for (const locks of [mine, others, mine]) {
      locks.lock$('a', '10s', { mode: 'shared' }).subscribe((event) => {
        if (event.type === 'acquired') leases.push(event.lease);
        if (event.type !== 'lost') return;
        locks.lock$('a', '10s').subscribe(({ type }) => {
          if (type === 'acquired') seen.push(...leases.map(({ isHeld }) => isHeld));
        });
      });
    }
    void mine.revoke('a');
    expect(seen).toEqual([false, false, false]);
  });

  it('rejects what runs under the lock', async () => {
    const { mine, others } = onMemory();
    const using = others.using('a', '10s', async (lease) => {
      await mine.revoke('a');
      lease.signal.throwIfAborted();
    });
    await expect(using).rejects.toThrow(/was lost: revoked/);
  });

  it('does nothing to a lock that nobody has', async () => {
    const { mine } = onMemory();
    await expect(mine.revoke('a')).resolves.toBeUndefined();
  });

  it('means the name with the prefix', async () => {
    const { mine, others } = onMemory('p/');
    const lease = await others.acquire('a', '10s');
    await mine.revoke('p/a');
    expect(lease.isHeld).toBe(true);
    await mine.revoke('a');
    expect(lease.isHeld).toBe(false);
  });

  it('refuses a bad name', async () => {
    const { mine } = onMemory();
    await expect(mine.revoke('')).rejects.toThrow(LockValidationError);
    await expect(mine.revoke('a b')).rejects.toThrow(LockValidationError);
  });

  it('is refused where the service cannot do it', async () => {
    const { locks } = granting();
    await expect(locks.revoke('a')).rejects.toThrow(LockUnsupportedError);
  });

  it('is refused once the locks are closed', async () => {
    const { mine } = onMemory();
    await mine.close();
    await expect(mine.revoke('a')).rejects.toThrow(LockClosedError);
  });
});
