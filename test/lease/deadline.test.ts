import { describe, expect, it } from 'vitest';
import type { Lease, LockEvent, LocksEvent } from '../../src/contract/lease.js';
import { held } from '../support/held.js';
import { record, setup } from '../support/virtual.js';

describe('deadline (rule 1)', () => {
  it('is counted from the send of the request, not from its reply', () => {
    const { backend, locks, time } = setup();
    const { observer, log, events } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    time.advance(2000);
    backend.acquired[0]!.grant();
    expect((events[0] as { lease: Lease }).lease.remaining()).toBe(6000);
    backend.onRenew = undefined;
    time.advance(6000);
    expect(log.at(-2)).toBe('8000 lost');
    expect(log.at(-1)).toBe('8000 complete');
  });

  it('is the earliest of all bounds', () => {
    const { backend, locks, time } = setup();
    const { observer, events } = record<LockEvent>(time);
    locks.lock$('a', '100s').subscribe(observer);
    backend.acquired[0]!.grant([
      { sentAt: 0, ttl: 100_000 },
      { sentAt: 0, ttl: 10_000 },
    ]);
    expect((events[0] as { lease: Lease }).lease.remaining()).toBe(8000);
    time.advance(3333);
    expect(backend.renewals).toHaveLength(1);
  });

  it('passes while a renewal hangs: lost at once, by a timer of its own', () => {
    const { log, time, backend } = held();
    time.advance(8000);
    expect(log.filter((line) => line.includes('lost'))).toEqual(['8000 lost']);
    expect(backend.renewals.every((renewal) => !renewal.open)).toBe(true);
  });

  it('a late confirmation counts from its own send time', () => {
    const { backend, lease, time } = held();
    time.advance(3333 + 4000);
    backend.renewals[0]!.confirm();
    expect(lease.remaining()).toBe(3333 + 8000 - 7333);
  });

  it('never moves back', () => {
    const { backend, lease, time } = held();
    time.advance(3333 + 1600);
    expect(backend.renewals.length).toBeGreaterThan(1);
    backend.renewals[1]!.confirm();
    const before = lease.remaining();
    backend.renewals[0]!.confirm();
    expect(lease.remaining()).toBe(before);
  });

  it('whoever sees it pass first makes lost happen: isHeld', () => {
    const { lease, log, time } = held();
    time.frame = 8000;
    expect(lease.isHeld).toBe(false);
    expect(log).toEqual(['0 acquired', '8000 lost', '8000 complete']);
  });

  it('whoever sees it pass first makes lost happen: release', () => {
    const { lease, events, time } = held();
    time.frame = 9000;
    void lease.release();
    expect(events.at(-1)).toMatchObject({ type: 'lost', reason: 'expired', at: 8000 });
  });

  it('whoever sees it pass first makes lost happen: a late answer', () => {
    const { backend, log, time } = held();
    time.advance(3333);
    time.frame = 8500;
    backend.renewals[0]!.confirm();
    expect(log).toEqual(['0 acquired', '8500 lost', '8500 complete']);
  });

  it('whoever sees it pass first makes lost happen: the end of the subscription', () => {
    const { backend, locks, time } = setup();
    const { observer, events } = record<LocksEvent>(time);
    locks.events$.subscribe(observer);
    const subscription = locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.grant();
    time.frame = 9000;
    subscription.unsubscribe();
    expect(events.map(({ type, at }) => `${String(at)} ${type}`)).toEqual(['0 requested', '0 acquired', '8000 lost']);
  });

  it('an expiry that is noticed late is stamped with its deadline', () => {
    const { events, lease, time } = held();
    time.frame = 30_000;
    expect(lease.isHeld).toBe(false);
    expect(events.at(-1)).toMatchObject({ type: 'lost', at: 8000 });
  });

  it('a grant whose deadline has passed is not announced but released', () => {
    const { backend, locks, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    time.advance(8000);
    const grant = backend.acquired[0]!.grant();
    time.turn();
    expect(log).toEqual(['8000 waiting']);
    expect(backend.releases[0]!.args.grants).toEqual([grant]);
  });

  it('follows the options of the lock', () => {
    const { lease } = held({}, { safetyFactor: 0.5, renewRatio: 0.1 });
    expect(lease.remaining()).toBe(5000);
  });
});
