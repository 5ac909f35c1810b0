import { describe, expect, it } from 'vitest';
import { LockNetworkError } from '../../src/contract/errors.js';
import { held } from '../support/held.js';

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

  it('attempts that one sign of life confirms are news once', () => {
    const { backend, log, time } = held();
    time.advance(5000);
    expect(backend.renewals).toHaveLength(2);
    for (const call of backend.renewals) {
      call.next({ index: 0, outcome: 'renewed', bounds: [{ sentAt: 4900, ttl: 10_000 }] });
    }
    expect(log).toEqual(['0 acquired', '4888 uncertain', '5000 renewed']);
    time.advance(4000);
    backend.renewals[2]!.confirm();
    expect(log.slice(3)).toEqual(['9000 renewed']);
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
