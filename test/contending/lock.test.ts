import { NEVER, Subject, take, tap, timer, type Unsubscribable } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { createLocks } from '../../src/locks/create-locks.js';
import {
  LockAuthenticationError,
  LockCapacityError,
  LockHeldError,
  LockLostError,
  LockNetworkError,
  LockTimeoutError,
} from '../../src/contract/errors.js';
import type { Lease, LockEvent, LocksEvent } from '../../src/contract/lease.js';
import { collect } from '../support/collect.js';
import { ManualBackend, type Acquisition } from '../support/manual-backend.js';
import { until } from '../support/poll.js';
import { record, setup, Time } from '../support/virtual.js';

/** Subscribes, and answers the first attempt with a grant. */
function held(options: Parameters<typeof setup>[0] = {}, lockOptions: object = {}, features: object = {}) {
  const all = setup(options, features);
  const events = record<LockEvent>(all.time);
  const subscription = all.locks.lock$('a', '10s', lockOptions).subscribe(events.observer);
  const grant = all.backend.acquired[0]!.grant();
  const lease = (events.events.at(-1) as { lease: Lease<bigint> }).lease;
  return { ...all, ...events, subscription, grant, lease };
}

describe('lock$', () => {
  it('is cold: each subscription is one contender', () => {
    const { backend, locks } = setup();
    const lock$ = locks.lock$('a', '10s');
    expect(backend.acquired).toHaveLength(0);
    lock$.subscribe();
    lock$.subscribe();
    expect(backend.acquired).toHaveLength(2);
    expect(backend.acquired[0]!.args).toMatchObject({ name: 'a', ttl: 10_000, wait: true, holder: 'me' });
  });

  it('emits acquired with a lease that answers from the clock', () => {
    const { lease, log, time } = held({}, { metadata: 'x' });
    expect(log).toEqual(['0 acquired']);
    expect(lease).toMatchObject({ name: 'a', ttl: 10_000, holder: 'me', isHeld: true });
    expect(typeof lease.fencingToken).toBe('bigint');
    expect(lease.remaining()).toBe(8000);
    time.frame = 7999;
    expect(lease.isHeld).toBe(true);
    expect(lease.remaining()).toBe(1);
  });

  it('renews at a third of the ttl and says so', () => {
    const { backend, log, lease, time } = held();
    time.advance(3332);
    expect(backend.renewals).toHaveLength(0);
    time.advance(1);
    expect(backend.renewals).toHaveLength(1);
    backend.renewals[0]!.confirm();
    expect(log).toEqual(['0 acquired', '3333 renewed']);
    expect(lease.remaining()).toBe(8000);
    time.advance(3333);
    expect(backend.renewals).toHaveLength(2);
  });

  it('renews earlier, never later, with jitter', () => {
    const { backend, time } = held({ random: () => 0.999 });
    time.advance(3001);
    expect(backend.renewals).toHaveLength(1);
  });

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
      expect(events.map(({ type, at }) => `${String(at)} ${type}`)).toEqual(['0 acquired', '8000 lost']);
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

  describe('refused is final, unknown is not (rule 3)', () => {
    it('a refusal is a loss at once', () => {
      const { backend, events, log, time } = held();
      time.advance(3333);
      backend.renewals[0]!.refuse();
      expect(log).toEqual(['0 acquired', '3333 lost', '3333 complete']);
      expect(events.at(-1)).toMatchObject({ reason: 'refused' });
    });

    it('a failure is uncertain, and tried again until the deadline', () => {
      const { backend, log, time } = held();
      const down = new LockNetworkError('down');
      backend.onRenew = (call) => {
        call.fail(down);
      };
      time.advance(8000);
      expect(log.filter((line) => line.includes('uncertain')).length).toBeGreaterThan(3);
      expect(log.at(-2)).toBe('8000 lost');
    });

    it('two attempts can hang: the third still comes in time', () => {
      const { backend, log, time } = held();
      backend.onRenew = (call) => {
        if (backend.renewals.length === 3) call.confirm();
      };
      time.advance(7900);
      expect(log.slice(0, 4)).toEqual(['0 acquired', '4888 uncertain', '6443 uncertain', '6443 renewed']);
    });

    it('an answer that never comes is unknown', () => {
      const { backend, log, time } = held();
      backend.onRenew = (call) => {
        call.done();
      };
      time.advance(3333);
      expect(log).toEqual(['0 acquired', '3333 uncertain']);
    });

    it('uncertain tells how long is left, and why', () => {
      const { backend, events, time } = held();
      const cause = new LockNetworkError('reset');
      backend.onRenew = (call) => {
        call.done({ index: 0, outcome: 'unknown', cause });
      };
      time.advance(3333);
      expect(events.at(-1)).toMatchObject({ type: 'uncertain', remaining: 8000 - 3333, cause });
    });

    it.each(['revoked', 'session', 'connection'] as const)('%s is pushed, and final', (reason) => {
      const { backend, grant, events } = held();
      backend.revoked$.next({ grants: [{ name: 'a' }], reason });
      expect(events).toHaveLength(1);
      backend.revoked$.next({ grants: [grant], reason });
      expect(events.at(-1)).toMatchObject({ type: 'lost', reason });
    });

    it('a lock that expired is given back all the same, one that was refused is not', () => {
      const expired = held();
      expired.time.advance(8001);
      expect(expired.backend.releases).toHaveLength(1);
      const refused = held();
      refused.time.advance(3333);
      refused.backend.renewals[0]!.refuse();
      refused.time.advance(10);
      expect(refused.backend.releases).toHaveLength(0);
    });
  });

  describe('a grant always has an owner (rule 5)', () => {
    it('a synchronous take(1) releases', () => {
      const { backend, locks, time } = setup();
      backend.onAcquire = (call) => call.grant();
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '10s').pipe(take(1)).subscribe(observer);
      time.turn();
      expect(log).toEqual(['0 acquired', '0 complete']);
      expect(backend.releases).toHaveLength(1);
    });

    it('a stray grant is released', () => {
      const { backend, locks, time } = setup();
      locks.lock$('a', '10s').subscribe().unsubscribe();
      expect(backend.acquired[0]!.open).toBe(false);
      const grant = { name: 'a' };
      backend.acquired[0]!.args.stray(grant);
      time.turn();
      expect(backend.releases[0]!.args.grants).toEqual([grant]);
    });

    it('each grant is released once', () => {
      const { backend, lease, subscription, time } = held();
      void lease.release();
      void lease.release();
      subscription.unsubscribe();
      time.advance(20_000);
      expect(backend.releases).toHaveLength(1);
    });
  });

  describe('the release (rules 6 and 7)', () => {
    it('is sent at the end of the turn', () => {
      const { backend, lease, subscription, time } = held();
      subscription.unsubscribe();
      expect(lease.isHeld).toBe(false);
      expect(backend.releases).toHaveLength(0);
      time.turn();
      expect(backend.releases).toHaveLength(1);
    });

    it('is sent earlier if the same name is asked for again', () => {
      const { backend, locks, subscription } = held();
      const other = locks.lock$('b', '10s').subscribe();
      backend.acquired[1]!.grant();
      subscription.unsubscribe();
      other.unsubscribe();
      locks.lock$('a', '10s').subscribe();
      expect(backend.releases).toHaveLength(1);
      expect(backend.releases[0]!.args.grants[0]!.name).toBe('a');
    });

    it('of one turn is one batch', () => {
      const { backend, locks, time } = setup();
      backend.onAcquire = (call) => call.grant();
      const subscriptions = ['a', 'b', 'c'].map((name) => locks.lock$(name, '10s').subscribe());
      for (const subscription of subscriptions) subscription.unsubscribe();
      time.turn();
      expect(backend.releases.map((call) => call.args.grants.length)).toEqual([3]);
    });

    it('follows released and the end of the stream', () => {
      const { backend, lease, log, time } = held();
      let sent = -1;
      backend.onRelease = (call) => {
        sent = log.length;
        call.confirm();
      };
      void lease.release();
      time.turn();
      expect(log).toEqual(['0 acquired', '0 released', '0 complete']);
      expect(sent).toBe(3);
    });

    it('is tried again when it is not answered, for a bounded time', () => {
      const { backend, subscription, time } = held();
      backend.onRelease = (call) => {
        call.confirm('unknown');
      };
      subscription.unsubscribe();
      time.advance(60_000);
      expect(backend.releases.length).toBeGreaterThan(3);
      expect(backend.releases.length).toBeLessThan(12);
    });

    it('does not hold up its caller for more than a second', async () => {
      const { backend, lease, time } = held();
      backend.onRelease = undefined;
      let done = false;
      const released = lease.release().then(() => {
        done = true;
      });
      time.advance(999);
      await Promise.resolve();
      expect(done).toBe(false);
      time.advance(1);
      await released;
      expect(done).toBe(true);
    });

    it('says what the service answered on events$', () => {
      const { backend, lease, locks, time } = setupHeld();
      const seen: unknown[] = [];
      locks.events$.subscribe((event) => seen.push(event));
      backend.onRelease = (call) => {
        call.confirm('gone');
      };
      void lease.release();
      time.turn();
      expect(seen).toMatchObject([
        { type: 'released', held: 0 },
        { type: 'release', outcome: 'gone' },
      ]);
    });
  });

  describe('contention (rules 8 and 10)', () => {
    it('tries again after a delay that grows', () => {
      const { backend, locks, time } = setup({ retry: { jitter: 'none' } });
      const { observer, log, events } = record<LockEvent>(time);
      locks.lock$('a', '10s').subscribe(observer);
      backend.onAcquire = (call) => {
        call.held({ holder: 'other', expiresAt: 9000 });
      };
      backend.acquired[0]!.held({ holder: 'other', expiresAt: 9000 });
      time.advance(50 + 100 + 200);
      expect(backend.acquired.map((call) => call.at)).toEqual([0, 50, 150, 350]);
      expect(log).toEqual(['0 waiting']);
      expect(events[0]).toMatchObject({
        holder: 'other',
        attempt: 1,
        retryIn: 50,
        self: false,
        expiresAt: new Date(9000),
      });
      backend.onAcquire = (call) => call.grant();
      time.advance(400);
      expect(log).toEqual(['0 waiting', '750 acquired']);
    });

    it('emits waiting again when something changes', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      const holders = ['x', 'x', 'y'];
      backend.onAcquire = (call) => {
        call.held({ holder: holders.shift() ?? 'y' });
      };
      locks.lock$('a', '10s', { retry: { jitter: 'none' } }).subscribe(observer);
      time.advance(1000);
      expect(log).toEqual(['0 waiting', '150 waiting']);
    });

    it('never shortens a delay that the service demands', () => {
      const { backend, locks, time } = setup({}, { push: true });
      locks.lock$('a', '10s').subscribe();
      backend.acquired[0]!.held({ retryAfter: 7000, binding: true });
      backend.statuses.next({ name: 'a', status: 'free', toJSON: () => ({}) });
      time.advance(6999);
      expect(backend.acquired).toHaveLength(1);
      time.advance(1);
      expect(backend.acquired).toHaveLength(2);
    });

    it('asks nothing at all of a service that wants to be left alone, a watch least of all', () => {
      const { backend, locks, time } = setup({}, { push: true });
      locks.lock$('a', '10s').subscribe();
      backend.acquired[0]!.fail(new LockCapacityError('slow down', { retryAfter: 3000 }));
      time.advance(2999);
      expect([backend.watchers, backend.acquired.length]).toEqual([0, 1]);
      time.advance(1);
      expect([backend.watchers, backend.acquired.length]).toEqual([1, 2]);
      backend.acquired[1]!.held();
      backend.statuses.next({ name: 'a', status: 'free', toJSON: () => ({}) });
      expect(backend.acquired).toHaveLength(3);
    });

    it('never shortens the retryAfter of an error', () => {
      const { backend, locks, time } = setup();
      locks.lock$('a', '10s').subscribe();
      backend.acquired[0]!.fail(new LockCapacityError('slow down', { retryAfter: 3000 }));
      time.advance(2999);
      expect(backend.acquired).toHaveLength(1);
      time.advance(1);
      expect(backend.acquired).toHaveLength(2);
    });

    it('takes a hint as a cap', () => {
      const { backend, locks, time } = setup({ retry: { initial: '5s', jitter: 'none' } });
      locks.lock$('a', '10s').subscribe();
      backend.acquired[0]!.held({ retryAfter: 300 });
      time.advance(300);
      expect(backend.acquired).toHaveLength(2);
    });

    it('takes a demand for no cap', () => {
      const { backend, locks, time } = setup({ retry: { initial: '5s', jitter: 'none' } });
      locks.lock$('a', '10s').subscribe();
      backend.acquired[0]!.held({ retryAfter: 300, binding: true });
      time.advance(4999);
      expect(backend.acquired).toHaveLength(1);
      time.advance(1);
      expect(backend.acquired).toHaveLength(2);
    });

    it('is woken by the service', () => {
      const { backend, locks, time } = setup({ retry: { initial: '5s', jitter: 'none' } }, { push: true });
      const subscription = locks.lock$('a', '10s').subscribe();
      backend.acquired[0]!.held();
      expect(backend.watchers).toBe(1);
      backend.statuses.next({ name: 'a', status: 'free', toJSON: () => ({}) });
      expect(backend.acquired).toHaveLength(2);
      backend.acquired[1]!.grant();
      expect(backend.watchers).toBe(0);
      subscription.unsubscribe();
      time.turn();
    });

    it('is not woken by what else the service tells', () => {
      const { backend, locks } = setup({ retry: { initial: '5s', jitter: 'none' } }, { push: true });
      locks.lock$('a', '10s').subscribe();
      backend.acquired[0]!.held();
      backend.statuses.next({ name: 'a', status: 'held', toJSON: () => ({}) });
      expect(backend.acquired).toHaveLength(1);
    });

    it('tries now and then all the same, also when the watch has failed', () => {
      const { backend, locks, time } = setup({ retry: { initial: '5s', jitter: 'none' } }, { push: true });
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '10s').subscribe(observer);
      backend.acquired[0]!.held();
      time.advance(5000);
      backend.statuses.error(new LockNetworkError('down'));
      backend.acquired[1]!.held();
      time.advance(5000);
      backend.acquired[2]!.grant();
      expect(log).toEqual(['0 waiting', '10000 acquired']);
    });

    it('loses no wake-up that comes during an attempt', () => {
      const { backend, locks, time } = setup({ retry: { initial: '5s', jitter: 'none' } }, { push: true });
      locks.lock$('a', '10s').subscribe();
      backend.acquired[0]!.held();
      time.advance(5000);
      expect(backend.acquired).toHaveLength(2);
      backend.statuses.next({ name: 'a', status: 'free', toJSON: () => ({}) });
      backend.acquired[1]!.held();
      expect(backend.acquired).toHaveLength(3);
    });

    it('knows its own holder', () => {
      const { backend, locks } = held({}, {});
      const seen: LockEvent[] = [];
      locks.lock$('a', '10s').subscribe((event) => seen.push(event));
      backend.acquired[1]!.held({ holder: 'somebody' });
      expect(seen[0]).toMatchObject({ type: 'waiting', self: true });
    });

    it('survives 20,000 refusals in a row', () => {
      const { backend, locks, time } = setup({ retry: { initial: 0, max: 0 } });
      backend.onAcquire = (call) => {
        if (backend.acquired.length < 20_000) call.held();
        else call.grant();
      };
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '10s').subscribe(observer);
      time.advance(0);
      expect(log).toEqual(['0 waiting', '0 acquired']);
    });
  });

  describe('the end of the wait', () => {
    it('wait: false is one attempt', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '10s', { wait: false }).subscribe(observer);
      expect(backend.acquired[0]!.args.wait).toBe(false);
      backend.acquired[0]!.held({ holder: 'other' });
      expect(log).toEqual(['0 LockHeldError']);
    });

    it('a time-out counts from the subscription', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      backend.onAcquire = (call) => {
        call.held();
      };
      locks.lock$('a', '10s', { wait: '2s' }).subscribe(observer);
      time.advance(2000);
      expect(log).toEqual(['0 waiting', '2000 LockTimeoutError']);
      const attempts = backend.acquired.length;
      time.advance(10_000);
      expect(backend.acquired).toHaveLength(attempts);
    });

    it.each([
      ['refused', (call: Acquisition) => call.held({ holder: 'other', expiresAt: 7, retryAfter: 3000 })],
      ['queued', (call: Acquisition) => call.next({ type: 'queued', holder: 'other', expiresAt: 7 })],
    ])('a time-out tells who had it, by what was heard last, to one that was %s', (_, answer) => {
      const { backend, locks, time } = setup();
      backend.onAcquire = answer;
      let error: unknown;
      locks.lock$('a', '10s', { wait: '2s' }).subscribe({ error: (failure: unknown) => (error = failure) });
      time.advance(2000);
      expect(error).toBeInstanceOf(LockTimeoutError);
      const { cause } = error as LockTimeoutError;
      expect(cause).toBeInstanceOf(LockHeldError);
      expect(cause).toMatchObject({ holder: 'other', expiresAt: new Date(7), retryAfter: undefined, lockName: 'a' });
    });

    it('is an outage if nothing was ever heard', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      backend.onAcquire = (call) => {
        call.fail(new LockNetworkError('down'));
      };
      let error: unknown;
      locks
        .lock$('a', '10s', { wait: '2s' })
        .pipe(tap({ error: (failure: unknown) => (error = failure) }))
        .subscribe(observer);
      time.advance(2000);
      expect(log).toEqual(['0 waiting', '2000 LockNetworkError']);
      expect((error as Error).message).toBe("no answer about the lock 'a' within 2000 ms: down");
    });

    it('is no outage if the service said when to come back', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '10s', { wait: '1s' }).subscribe(observer);
      backend.acquired[0]!.fail(new LockCapacityError('slow down', { retryAfter: 3000 }));
      time.advance(1000);
      expect(log).toEqual(['0 waiting', '1000 LockTimeoutError']);
    });

    it('is an outage if the service hangs', () => {
      const { locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '10s', { wait: '2s' }).subscribe(observer);
      time.advance(2000);
      expect(log).toEqual(['2000 LockNetworkError']);
    });

    it('the retry policy gives up', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      backend.onAcquire = (call) => {
        call.held();
      };
      locks.lock$('a', '10s', { retry: { count: 2, jitter: 'none' } }).subscribe(observer);
      time.advance(1000);
      expect(log).toEqual(['0 waiting', '150 LockHeldError']);
      expect(backend.acquired).toHaveLength(3);
    });

    it('an error that no retry can mend ends it', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '10s').subscribe(observer);
      backend.acquired[0]!.fail(new LockAuthenticationError('who are you?'));
      expect(log).toEqual(['0 LockAuthenticationError']);
    });

    it('a signal cancels it, and has no effect later', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      const controller = new AbortController();
      locks.lock$('a', '10s', { signal: controller.signal }).subscribe(observer);
      locks.lock$('b', '10s', { signal: controller.signal }).subscribe(observer);
      backend.acquired[1]!.grant();
      controller.abort(new LockTimeoutError('enough'));
      expect(log).toEqual(['0 acquired', '0 LockTimeoutError']);
      expect(backend.acquired[0]!.open).toBe(false);
    });

    it('a signal that was aborted before sends nothing', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '10s', { signal: AbortSignal.abort(new LockHeldError('no')) }).subscribe(observer);
      expect(log).toEqual(['0 LockHeldError']);
      expect(backend.acquired).toHaveLength(0);
    });
  });

  describe('the end of the hold', () => {
    it('until releases', () => {
      const until = new Subject();
      const { log, backend, time } = held({}, { until });
      until.next('now');
      time.turn();
      expect(log).toEqual(['0 acquired', '0 released', '0 complete']);
      expect(backend.releases).toHaveLength(1);
      expect(until.observed).toBe(false);
    });

    it('until ends the wait', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '10s', { until: timer(500, time) }).subscribe(observer);
      backend.acquired[0]!.held();
      time.advance(500);
      expect(log).toEqual(['0 waiting', '500 complete']);
    });

    it('maxHold releases, counted from the grant', () => {
      const { log, time, backend } = held({}, { maxHold: '5s' });
      backend.onRenew = (call) => {
        call.confirm();
      };
      time.advance(60_000);
      expect(log).toEqual(['0 acquired', '3333 renewed', '5000 released', '5000 complete']);
    });

    it('minHold keeps it, renewing, where the service cannot', () => {
      const { backend, lease, log, subscription, time } = held({}, { minHold: '20s' });
      backend.onRenew = (call) => {
        call.confirm();
      };
      time.advance(1000);
      subscription.unsubscribe();
      expect(lease.isHeld).toBe(false);
      time.advance(18_999);
      expect(backend.releases).toHaveLength(0);
      expect(backend.renewals.length).toBeGreaterThan(4);
      time.advance(1);
      expect(backend.releases).toHaveLength(1);
      expect(log).toEqual(['0 acquired']);
    });

    it('minHold is left to the service where it can', () => {
      const { backend, subscription, time } = held({}, { minHold: '20s' }, { minHold: true });
      time.advance(1000);
      subscription.unsubscribe();
      time.turn();
      expect(backend.releases[0]!.args.keepFor).toEqual([19_000]);
    });

    it('renew: false lets it run out', () => {
      const { backend, log, time } = held({}, { renew: false });
      time.advance(10_000);
      expect(backend.renewals).toHaveLength(0);
      expect(log).toEqual(['0 acquired', '8000 lost', '8000 complete']);
    });

    it('onLost: error', () => {
      const { backend, log, time } = held({}, { onLost: 'error' });
      time.advance(3333);
      backend.renewals[0]!.refuse();
      expect(log).toEqual(['0 acquired', '3333 lost', '3333 LockLostError']);
    });

    it('onLost: reacquire contends again, with wait counted anew', () => {
      const { backend, log, time } = held({}, { onLost: 'reacquire', wait: '2s' });
      time.advance(3333);
      backend.renewals[0]!.refuse();
      expect(backend.acquired).toHaveLength(2);
      time.advance(1999);
      backend.acquired[1]!.grant();
      expect(log).toEqual(['0 acquired', '3333 lost', '5332 acquired']);
    });

    it('onLost: reacquire keeps nothing of a lease that is gone', () => {
      const { backend, grant, lease, subscription } = held({}, { onLost: 'reacquire' });
      const unsubscribe = vi.spyOn(lease as unknown as Unsubscribable, 'unsubscribe');
      backend.revoked$.next({ grants: [grant], reason: 'revoked' });
      backend.acquired[1]!.grant();
      subscription.unsubscribe();
      expect(unsubscribe).not.toHaveBeenCalled();
    });

    it('nothing is emitted after unsubscribe', () => {
      const { backend, log, subscription, time } = held();
      time.advance(3333);
      subscription.unsubscribe();
      backend.renewals[0]!.confirm();
      time.advance(20_000);
      expect(log).toEqual(['0 acquired']);
      expect(backend.renewals).toHaveLength(1);
    });
  });

  describe('Lease', () => {
    it('assertHeld says why', () => {
      const lost = held();
      lost.lease.assertHeld();
      lost.backend.revoked$.next({ grants: [lost.grant], reason: 'revoked' });
      expect(() => {
        lost.lease.assertHeld();
      }).toThrow(/'a' was lost: revoked/);
      const left = held();
      left.subscription.unsubscribe();
      expect(() => {
        left.lease.assertHeld();
      }).toThrow(/released, or its subscription ended/);
    });

    it('signal tells loss from release', () => {
      const lost = held();
      const { signal } = lost.lease;
      expect(signal.aborted).toBe(false);
      lost.backend.revoked$.next({ grants: [lost.grant], reason: 'revoked' });
      expect(signal.reason).toBeInstanceOf(LockLostError);
      const released = held();
      const second = released.lease.signal;
      void released.lease.release();
      expect((second.reason as Error).name).toBe('AbortError');
    });

    it('signal and ended$ may be asked for late', () => {
      const { lease, time } = held();
      time.frame = 9000;
      expect(lease.signal.reason).toBeInstanceOf(LockLostError);
      const seen: string[] = [];
      lease.ended$.subscribe({ next: (event) => seen.push(event.type), complete: () => seen.push('complete') });
      expect(seen).toEqual(['lost', 'complete']);
      const left = held();
      left.subscription.unsubscribe();
      left.lease.ended$.subscribe((event) => seen.push(event.type));
      expect(seen.at(-1)).toBe('released');
    });

    it('tells people the dates of its grant and its end', () => {
      const start = Date.UTC(2026, 10, 21);
      const time = new Time();
      const clock = { elapsed: () => time.now(), date: () => start + time.now(), monotonic: () => time.now() };
      const backend = new ManualBackend();
      const locks = createLocks(backend, { scheduler: time, clock });
      const { observer, events } = record<LockEvent>(time);
      time.advance(500);
      locks.lock$('a', '10s').subscribe(observer);
      time.advance(700);
      backend.acquired[0]!.grant();
      const { lease } = events[0] as { lease: Lease };
      expect(lease.acquiredAt).toEqual(new Date(start + 1200));
      expect(lease.expiresAt).toEqual(new Date(start + 8500));
      expect(lease.toJSON()).toMatchObject({
        acquiredAt: '2026-11-21T00:00:01.200Z',
        expiresAt: '2026-11-21T00:00:08.500Z',
      });
    });

    it('is plain data in JSON', () => {
      const { lease } = held();
      const json = JSON.parse(JSON.stringify(lease)) as Record<string, unknown>;
      expect(json).toMatchObject({
        name: 'a',
        fencingToken: lease.fencingToken.toString(),
        holder: 'me',
        ttl: 10_000,
        isHeld: true,
        expiresAt: new Date(8000).toISOString(),
      });
      expect(typeof json['id']).toBe('string');
    });
  });

  it('leaves nothing behind (rule 9)', () => {
    const { time, backend, locks } = setup({}, { push: true });
    const waiting = locks.lock$('a', '10s', { wait: '5s', until: NEVER }).subscribe();
    backend.acquired[0]!.held();
    const holding = locks.lock$('b', '10s', { maxHold: '60s' }).subscribe();
    backend.acquired[1]!.grant();
    waiting.unsubscribe();
    holding.unsubscribe();
    time.turn();
    expect(backend.watchers).toBe(0);
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });
});

function setupHeld() {
  return held();
}
