import { take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { LockEvent } from '../../src/contract/lease.js';
import { held } from '../support/held.js';
import { record, setup } from '../support/virtual.js';

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
