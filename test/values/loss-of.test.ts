import { describe, expect, it } from 'vitest';
import { LockLostError } from '../../src/contract/errors.js';
import type { Lease } from '../../src/contract/lease.js';
import { lossOf } from '../../src/values/loss-of.js';
import { wasGivenBack } from '../../src/values/was-given-back.js';

function leaseThat(assertHeld: () => void): Lease {
  return { name: 'a', assertHeld } as Lease;
}

describe('lossOf', () => {
  it('is what the lease says itself', () => {
    const said = new LockLostError('the lock is released');
    const lease = leaseThat(() => {
      throw said;
    });
    expect(lossOf(lease)).toBe(said);
    expect(wasGivenBack(lossOf(lease))).toBe(true);
  });

  it('is a loss where the lease says nothing, and never taken for one that was given back', () => {
    const loss = lossOf(leaseThat(() => undefined));
    expect(loss).toMatchObject({ code: 'ERR_LOCK_LOST', name: 'LockLostError', lockName: 'a', reason: 'expired' });
    expect(wasGivenBack(loss)).toBe(false);
  });
});
