import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { LockLostError } from '../../src/contract/errors.js';
import type { Lease } from '../../src/contract/lease.js';
import { fakeLease, lockEvent } from '../../src/testing/index.js';

describe('fakeLease', () => {
  it('is a lease that is held', () => {
    const lease: Lease<bigint> = fakeLease({
      name: 'orders/7',
      fencingToken: 33n,
      ttl: '10s',
      holder: 'h',
      metadata: 'm',
    });
    expect(lease).toMatchObject({
      name: 'orders/7',
      fencingToken: 33n,
      ttl: 10_000,
      holder: 'h',
      metadata: 'm',
      isHeld: true,
    });
    expect(lease.remaining()).toBe(10_000);
    expect(lease.signal.aborted).toBe(false);
    expect(() => lease.assertHeld()).not.toThrow();
  });

  it('has a token by default, and none where it is told so', () => {
    expectTypeOf(fakeLease()).toExtend<Lease<bigint>>();
    expectTypeOf(fakeLease({ fencingToken: undefined })).toExtend<Lease<undefined>>();
    expect(fakeLease().fencingToken).toBe(1n);
    expect(fakeLease({ fencingToken: undefined }).fencingToken).toBeUndefined();
  });

  it('is lost once', () => {
    const lease = fakeLease({ name: 'a' });
    const ended: unknown[] = [];
    lease.ended$.subscribe({ next: (event) => ended.push(event), complete: () => ended.push('complete') });
    lease.lose('revoked', 'why');
    lease.lose('expired');
    void lease.release();
    lease.ended$.subscribe((event) => ended.push(event));
    const lost = lockEvent('lost', { reason: 'revoked', cause: undefined });
    expect(ended).toEqual([
      lockEvent('lost', { reason: 'revoked' }),
      'complete',
      lockEvent('lost', { reason: 'revoked' }),
    ]);
    expect(lost.type).toBe('lost');
    expect(lease).toMatchObject({ isHeld: false, ended: 'lost' });
    expect(lease.remaining()).toBe(0);
    expect(lease.signal.reason).toBeInstanceOf(LockLostError);
    expect(() => lease.assertHeld()).toThrow(/revoked/);
  });

  it('is released', async () => {
    const lease = fakeLease();
    {
      await using held = lease;
      expect(held.isHeld).toBe(true);
    }
    expect(lease).toMatchObject({ isHeld: false, ended: 'released' });
    expect(lease.signal.reason).toMatchObject({ name: 'AbortError' });
    expect(() => lease.assertHeld()).toThrow(/released/);
  });

  it('runs out when its `remaining` says so', () => {
    let left = 5;
    const lease = fakeLease({ remaining: () => left });
    expect([lease.remaining(), lease.isHeld]).toEqual([5, true]);
    left = 0;
    expect([lease.isHeld, lease.remaining(), lease.ended]).toEqual([false, 0, 'lost']);
    expect(fakeLease({ remaining: '2s' }).remaining()).toBe(2000);
  });

  it('is the same plain data every time', () => {
    expect(JSON.stringify(fakeLease({ name: 'a' }))).toBe(JSON.stringify(fakeLease({ name: 'a' })));
    expect(fakeLease({ name: 'a', fencingToken: 2n }).toJSON()).toMatchObject({
      id: 'a#1',
      fencingToken: '2',
      isHeld: true,
    });
    expect(inspect(fakeLease({ name: 'a' }))).toContain('a#1');
  });
});
