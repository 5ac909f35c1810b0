import { Subject, timer, type Unsubscribable } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import type { LockEvent } from '../../src/contract/lease.js';
import { held } from '../support/held.js';
import { record, setup } from '../support/virtual.js';

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
