import { describe, expect, it } from 'vitest';
import { LockConfigError, LockLostError, LockNetworkError, LockValidationError } from '../../src/contract/errors.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import type { LockOptions } from '../../src/contract/options.js';
import { retain } from '../../src/contract/retention.js';
import type { Renewing } from '../support/manual-backend.js';
import { record, settle, setup } from '../support/virtual.js';

/** A lock of 9 s that is held; its renewals are answered by the test. */
function held(options: LockOptions = {}) {
  const all = setup({ safetyFactor: 0.8, ...options });
  all.backend.onAcquire = (call) => call.grant();
  const log = record<LockEvent>(all.time);
  const subscription = all.locks.lock$('a', '9s').subscribe(log.observer);
  const { lease } = log.events[0] as { lease: Lease };
  return { ...all, ...log, lease, subscription };
}

/** What has become of a promise so far. */
function follow(promise: Promise<Date>) {
  const outcome: { deadline?: number; error?: unknown } = {};
  promise.then(
    (deadline) => (outcome.deadline = deadline.getTime()),
    (error: unknown) => (outcome.error = error),
  );
  return outcome;
}

const lastOf = ({ renewals }: { renewals: Renewing[] }): Renewing => renewals.at(-1) as Renewing;

describe('extend', () => {
  it('renews now, and resolves with the new deadline once that is confirmed', async () => {
    const { time, backend, lease, log } = held();
    time.advance(1000);
    const outcome = follow(lease.extend());
    expect(backend.renewals).toHaveLength(1);
    time.advance(500);
    await settle(time);
    expect(outcome).toEqual({});
    lastOf(backend).confirm();
    await settle(time);
    expect(outcome).toEqual({ deadline: 1000 + 7200 });
    expect(lease.expiresAt.getTime()).toBe(8200);
    expect(lease.remaining()).toBe(8200 - 1500);
    expect(log).toEqual(['0 acquired', '1500 renewed']);
  });

  it('puts off the next renewal', async () => {
    const { time, backend, lease } = held();
    backend.onRenew = (call) => {
      call.confirm();
    };
    time.advance(2000);
    await lease.extend();
    time.advance(2999);
    expect(backend.renewals).toHaveLength(1);
    time.advance(1);
    expect(backend.renewals).toHaveLength(2);
  });

  it('asks for another ttl from then on', async () => {
    const { time, backend, lease } = held();
    backend.onRenew = (call) => {
      call.confirm();
    };
    await expect(lease.extend('90s')).resolves.toEqual(new Date(72_000));
    expect(lease.ttl).toBe(90_000);
    time.advance(30_000);
    expect(backend.renewals.map(({ at, args }) => [at, args.ttls[0]])).toEqual([
      [0, 90_000],
      [30_000, 90_000],
    ]);
    expect(lease.expiresAt.getTime()).toBe(102_000);
    expect(lease.toJSON().ttl).toBe(90_000);
  });

  it('has the deadline follow a shorter ttl when it is confirmed', async () => {
    const { time, backend, lease } = held();
    backend.onRenew = (call) => {
      call.confirm();
    };
    time.advance(1000);
    await expect(lease.extend('3s')).resolves.toEqual(new Date(3400));
    expect(lease.ttl).toBe(3000);
    time.advance(1000);
    expect(backend.renewals.map(({ at }) => at)).toEqual([1000, 2000]);
  });

  it('believes in a shorter ttl from the call on, answered or not', () => {
    const { time, lease, log } = held();
    time.advance(1000);
    void lease.extend('3s');
    expect(lease.expiresAt.getTime()).toBe(3400);
    time.advance(2400);
    expect(lease.isHeld).toBe(false);
    expect(log.at(-2)).toBe('3400 lost');
  });

  it('is not prolonged by a renewal that was sent before a shorter ttl was asked for', () => {
    const { time, backend, lease } = held();
    time.advance(3000);
    const [before] = backend.renewals;
    void lease.extend('3s');
    before?.confirm();
    expect(lease.expiresAt.getTime()).toBe(5400);
    time.advance(2400);
    expect(lease.isHeld).toBe(false);
  });

  it('is not asked for a longer ttl while an earlier renewal is under way', async () => {
    const { time, backend, lease } = held();
    time.advance(3000);
    const outcome = follow(lease.extend('90s'));
    expect(backend.renewals).toHaveLength(1);
    lastOf(backend).confirm();
    expect(backend.renewals).toHaveLength(2);
    lastOf(backend).confirm();
    await settle(time);
    expect(outcome).toEqual({ deadline: 3000 + 72_000 });
  });

  it('is not asked for a longer ttl while a renewal that was not answered may still arrive', async () => {
    const { time, backend, lease } = held();
    time.advance(3000);
    lastOf(backend).fail(new LockNetworkError('down'));
    backend.onRenew = (call) => {
      call.confirm();
    };
    time.advance(1000);
    const error: unknown = await lease.extend('90s').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LockNetworkError);
    expect((error as LockNetworkError).retryAfter).toBe(8000);
    expect(lease.ttl).toBe(9000);
    time.advance(8000);
    await expect(lease.extend('90s')).resolves.toEqual(new Date(12_000 + 72_000));
  });

  it('is not asked for a longer ttl while a renewal that another has overtaken may still arrive', async () => {
    const { time, backend, lease } = held();
    time.advance(3000);
    void lease.extend();
    expect(backend.renewals).toHaveLength(2);
    lastOf(backend).confirm();
    time.advance(1000);
    await expect(lease.extend('90s')).rejects.toMatchObject({ code: 'ERR_LOCK_NETWORK', retryAfter: 8000 });
    expect(lease.ttl).toBe(9000);
  });

  it('rejects if it was not confirmed in time, and the lock is held and renewed as before', async () => {
    const { time, backend, lease, log } = held();
    const outcome = follow(lease.extend());
    time.advance(1399);
    await settle(time);
    expect(outcome).toEqual({});
    time.advance(1);
    await settle(time);
    expect(outcome.error).toBeInstanceOf(LockNetworkError);
    expect(log).toEqual(['0 acquired', '1400 uncertain']);
    expect(lease.isHeld).toBe(true);
    expect(backend.renewals).toHaveLength(2);
    lastOf(backend).confirm();
    expect(log.at(-1)).toBe('1400 renewed');
  });

  it('rejects if the service could not be asked', async () => {
    const { time, backend, lease } = held();
    const outcome = follow(lease.extend());
    const cause = new LockNetworkError('down');
    lastOf(backend).fail(cause);
    await settle(time);
    expect(outcome.error).toMatchObject({ code: 'ERR_LOCK_NETWORK', cause, lockName: 'a' });
    expect(lease.isHeld).toBe(true);
  });

  it('never asks earlier than the service demands', async () => {
    const { time, backend, lease } = held();
    time.advance(3000);
    lastOf(backend).fail(new LockNetworkError('busy', { retryAfter: 2000 }));
    const error: unknown = await lease.extend().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK', retryAfter: 2000 });
    expect(backend.renewals).toHaveLength(1);
    await settle(time);
  });

  it('sends one after the other, and those that want the same together', async () => {
    const { time, backend, lease } = held();
    const outcomes = [lease.extend(), lease.extend(), lease.extend(), lease.extend('8s'), lease.extend('8s')].map(
      follow,
    );
    expect(backend.renewals).toHaveLength(1);
    lastOf(backend).confirm();
    time.advance(100);
    expect(backend.renewals).toHaveLength(2);
    lastOf(backend).confirm();
    time.advance(100);
    expect(backend.renewals.map(({ args }) => args.ttls[0])).toEqual([9000, 9000, 8000]);
    lastOf(backend).confirm();
    await settle(time);
    expect(outcomes.map(({ deadline }) => deadline)).toEqual([7200, 7200, 7200, 6500, 6500]);
  });

  it('rejects with the loss if the lock is lost meanwhile', async () => {
    const { time, backend, lease } = held();
    const outcomes = [follow(lease.extend()), follow(lease.extend('8s'))];
    lastOf(backend).refuse();
    await settle(time);
    for (const { error } of outcomes) {
      expect(error).toBeInstanceOf(LockLostError);
      expect(error).toMatchObject({ reason: 'refused' });
    }
  });

  it('rejects at once if the lock is not held', async () => {
    const { time, lease, subscription } = held();
    subscription.unsubscribe();
    await expect(lease.extend()).rejects.toThrow(LockLostError);
    time.turn();
  });

  it('rejects once the work under it is given up on', async () => {
    const { time, lease, backend, subscription } = held();
    const retention = retain(lease);
    subscription.unsubscribe();
    void lease.extend();
    expect(backend.renewals).toHaveLength(1);
    lastOf(backend).confirm();
    retention.abandon();
    await expect(lease.extend()).rejects.toThrow(LockLostError);
    time.turn();
  });

  it('renews once what is not renewed', async () => {
    const { time, backend, lease, log } = held({ renew: false });
    time.advance(1000);
    const extended = lease.extend('18s');
    lastOf(backend).confirm();
    await expect(extended).resolves.toEqual(new Date(1000 + 14_400));
    time.advance(14_400);
    expect(backend.renewals).toHaveLength(1);
    expect(log.at(-2)).toBe('15400 lost');
  });

  it.each(['0s', 500, '2h', 'soon'])('refuses the ttl %j', async (ttl) => {
    const { backend, lease } = held();
    await expect(lease.extend(ttl as '1s')).rejects.toThrow(LockValidationError);
    expect(backend.renewals).toHaveLength(0);
  });

  it('refuses a ttl that is too long for a lock that is not renewed', async () => {
    const { backend, lease } = held({ renew: false });
    Object.assign(backend, { ttl: { min: 1000, max: 3_600_000, step: 1, unrenewed: 60_000 } });
    await expect(lease.extend('2m')).rejects.toThrow(LockConfigError);
  });

  it('leaves no rejection unhandled, and no timer', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', listen);
    const { time, lease, subscription } = held();
    void lease.extend();
    void lease.extend('1s');
    void lease.extend(1);
    subscription.unsubscribe();
    void lease.extend();
    time.advance(20_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
    expect(time.actions.every(({ closed }) => closed)).toBe(true);
  });

  it('prolongs all of several locks', async () => {
    const { time, backend, locks } = setup();
    backend.onAcquire = (call) => call.grant();
    const lease = await locks.acquireAll(['b', 'a'], '9s');
    const extended = lease.extend('90s');
    expect(backend.renewals).toHaveLength(2);
    for (const renewal of backend.renewals) renewal.confirm();
    await expect(extended).resolves.toEqual(new Date(72_000));
    expect(lease.leases.map(({ ttl }) => ttl)).toEqual([90_000, 90_000]);
    const failing = follow(lease.extend());
    backend.renewals[2]?.confirm();
    backend.renewals[3]?.fail(new LockNetworkError('down'));
    await settle(time);
    expect(failing.error).toBeInstanceOf(LockNetworkError);
    expect(lease.isHeld).toBe(true);
  });
});
