import { describe, expect, it } from 'vitest';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { collect } from '../support/collect.js';
import { until } from '../support/poll.js';
import { record, setup } from '../support/virtual.js';

describe('queued grants (rule 2)', () => {
  it('are confirmed before they are announced, and anchored at that renewal', () => {
    const { backend, locks, time } = setup({}, { fifo: true });
    const { observer, log, events } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    backend.acquired[0]!.next({ type: 'queued', position: 0 });
    time.advance(60_000);
    backend.acquired[0]!.grant([{ sentAt: 0, ttl: 10_000 }], true);
    expect(log).toEqual(['0 waiting']);
    time.advance(100);
    backend.renewals[0]!.confirm();
    expect(log).toEqual(['0 waiting', '60100 acquired']);
    expect((events[1] as { lease: Lease }).lease.remaining()).toBe(7900);
  });

  it('that were lost in the queue are not announced; contention goes on', () => {
    const { backend, locks, time } = setup({}, { fifo: true });
    const { observer, log } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    backend.acquired[0]!.grant(undefined, true);
    backend.renewals[0]!.refuse();
    time.advance(1000);
    expect(log).toEqual(['0 waiting']);
    expect(backend.acquired).toHaveLength(2);
  });

  it('leave nothing behind when they cannot be confirmed, however long contention goes on', async () => {
    const { backend, locks } = setup();
    const subscription = locks.lock$('a', '10s').subscribe();
    const refuse = (): WeakRef<object> => {
      const grant = new WeakRef(backend.acquired[0]!.grant(undefined, true));
      backend.renewals.pop()!.refuse();
      return grant;
    };
    // V8 keeps all that the stack of an error speaks of until that is read, and waiting keeps its last error.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    const grant = refuse();
    Error.stackTraceLimit = stackTraceLimit;
    await until(() => {
      collect();
      return grant.deref() === undefined;
    }, 'the end of the lease');
    expect(subscription.closed).toBe(false);
    subscription.unsubscribe();
  });

  it('a grant with less than half of its ttl left is confirmed first', () => {
    const { backend, locks, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    time.advance(5001);
    backend.acquired[0]!.grant();
    expect(log).toEqual([]);
    backend.renewals[0]!.confirm();
    expect(log).toEqual(['5001 acquired']);
  });

  it('a grant of which any time is more than half over is confirmed first', () => {
    const { backend, locks, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    time.advance(3001);
    const lock = { sentAt: 0, ttl: 10_000 };
    const session = { sentAt: -3000, ttl: 12_000 };
    backend.acquired[0]!.grant([lock, session]);
    expect(log).toEqual([]);
    expect(backend.renewals).toHaveLength(1);
  });

  it('are given back when the subscriber leaves during the confirmation', () => {
    const { backend, locks, time } = setup();
    const subscription = locks.lock$('a', '10s').subscribe();
    const grant = backend.acquired[0]!.grant(undefined, true);
    subscription.unsubscribe();
    time.turn();
    expect(backend.releases.map((call) => call.args.grants)).toEqual([[grant]]);
    expect(backend.renewals[0]!.open).toBe(false);
  });

  it('have their deadline from the confirmation alone, however generous the guess was', () => {
    const { backend, locks, time } = setup();
    const { observer, events } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    backend.acquired[0]!.grant(undefined, true);
    backend.renewals[0]!.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: 0, ttl: 2000 }] });
    expect((events[0] as { lease: Lease }).lease.remaining()).toBe(1600);
  });

  it('have their deadline from the confirmation alone, also where that counts from before the grant', () => {
    const { backend, locks, time } = setup();
    const { observer, events } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    time.advance(60_000);
    backend.acquired[0]!.grant(undefined, true);
    const lock = { sentAt: 60_000, ttl: 10_000 };
    const session = { sentAt: 55_000, ttl: 10_000 };
    backend.renewals[0]!.done({ index: 0, outcome: 'renewed', bounds: [lock, session] });
    expect((events[0] as { lease: Lease }).lease.remaining()).toBe(3000);
  });
});
