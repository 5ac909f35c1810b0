import { describe, expect, it } from 'vitest';
import { LockCapacityError, LockNetworkError } from '../../src/contract/errors.js';
import type { LockEvent } from '../../src/contract/lease.js';
import { held } from '../support/held.js';
import { record, setup } from '../support/virtual.js';

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

  it('is told when it is asked again where it is asked, and its place where the service has a queue; never both', () => {
    const { backend, locks, time } = setup();
    const { observer, events } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    backend.acquired[0]!.next({ type: 'queued', holder: 'other', position: 3 });
    locks.lock$('b', '10s').subscribe(observer);
    backend.acquired[1]!.held({ holder: 'other' });
    expect(events.map((event) => ['position' in event, 'retryIn' in event])).toEqual([
      [true, false],
      [false, true],
    ]);
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
