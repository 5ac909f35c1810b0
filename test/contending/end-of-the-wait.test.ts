import { tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  LockAuthenticationError,
  LockCapacityError,
  LockHeldError,
  LockNetworkError,
  LockTimeoutError,
} from '../../src/contract/errors.js';
import type { LockEvent } from '../../src/contract/lease.js';
import { type Acquisition } from '../support/manual-backend.js';
import { record, setup } from '../support/virtual.js';

describe('the end of the wait', () => {
  it('wait: false is one attempt', () => {
    const { backend, locks, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    locks.lock$('a', '10s', { wait: false }).subscribe(observer);
    expect(backend.acquired[0]!.args.wait).toBe(false);
    backend.acquired[0]!.held({ holder: 'other' });
    expect(log).toEqual(['0 LockHeldError']);
  });

  it('wait: false leaves the queue of a service that has it wait all the same', () => {
    const { backend, locks, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    locks.lock$('a', '10s', { wait: false }).subscribe(observer);
    backend.acquired[0]!.next({ type: 'queued', holder: 'other' });
    expect(log).toEqual(['0 LockHeldError']);
    expect(backend.acquired[0]!.open).toBe(false);
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

  it('is no outage if the service has no room: the error says so, and why', () => {
    const { backend, locks, time } = setup();
    const full = new LockCapacityError('the server has as many locks as it may');
    backend.onAcquire = (call) => {
      call.fail(full);
    };
    const errors: unknown[] = [];
    locks.lock$('a', '10s', { wait: '2s' }).subscribe({ error: (failure: unknown) => errors.push(failure) });
    time.advance(2000);
    const [error] = errors as LockTimeoutError[];
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error?.message).toBe("the lock 'a' was not granted within 2000 ms: the server has as many locks as it may");
    expect(error?.cause).toBe(full);
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
