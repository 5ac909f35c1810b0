import { describe, expect, it } from 'vitest';
import { held } from '../support/held.js';
import { setup } from '../support/virtual.js';

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
});
