import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createLocks } from '../../src/locks/create-locks.js';
import { LockLostError } from '../../src/contract/errors.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { held } from '../support/held.js';
import { ManualBackend } from '../support/manual-backend.js';
import { record, setup, Time } from '../support/virtual.js';

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
