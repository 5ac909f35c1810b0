import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LockNetworkError } from '../../src/contract/errors.js';
import type { Bounds } from '../../src/contract/backend.js';
import { withLock } from '../../operators/with-lock.js';
import { held } from '../support/held.js';
import { record, setup, Time } from '../support/virtual.js';

/** A lock of 10 s that is held since 0, whose backend renews it elsewhere. */
function heldElsewhere(lockOptions: object = {}) {
  const elsewhere = { bounds: undefined as Bounds | undefined, asked: 0, onAsk: (): void => undefined };
  const clock = {
    ahead: 0,
    now: (): number => 0,
    elapsed: (): number => clock.now() + clock.ahead,
    date: (): number => clock.now(),
    monotonic: (): number => clock.now(),
  };
  const all = held({ clock }, lockOptions);
  clock.now = () => all.time.now();
  Object.assign(all.backend, {
    confirmed: () => {
      elsewhere.asked++;
      elsewhere.onAsk();
      return elsewhere.bounds;
    },
  });
  /** The event loop stands still: no timer rings. */
  const block = (milliseconds: number): void => {
    clock.ahead += milliseconds;
  };
  return { ...all, elsewhere, block };
}

describe('a lock that is renewed elsewhere', () => {
  it('is held as long as the newest confirmation says, however late that is looked for', () => {
    const { lease, elsewhere, block } = heldElsewhere();
    block(25_000);
    elsewhere.bounds = [{ sentAt: 24_000, ttl: 10_000 }];
    expect(lease.isHeld).toBe(true);
    expect(lease.remaining()).toBe(7000);
    block(6999);
    expect(lease.isHeld).toBe(true);
    block(1);
    expect(lease.isHeld).toBe(false);
  });

  it('is not called expired by the timer before that was asked, and is renewed in time from then on', () => {
    const { log, time, backend, elsewhere, block } = heldElsewhere();
    time.turn();
    block(25_000);
    elsewhere.bounds = [{ sentAt: 24_000, ttl: 10_000 }];
    time.advance(2400);
    expect(log).toEqual(['0 acquired']);
    expect(backend.renewals.map(({ at }) => at)).toEqual([27_333]);
  });

  it('is told to be renewed only where it was told to be uncertain', () => {
    const { log, time, backend, elsewhere } = heldElsewhere();
    backend.onRenew = (call) => {
      call.fail(new LockNetworkError('cut'));
    };
    time.advance(3333);
    expect(log).toEqual(['0 acquired', '3333 uncertain']);
    elsewhere.bounds = [{ sentAt: 3400, ttl: 10_000 }];
    time.advance(1000);
    expect(log).toEqual(['0 acquired', '3333 uncertain', '3721 renewed']);
    elsewhere.bounds = [{ sentAt: 4200, ttl: 10_000 }];
    time.advance(2400);
    expect(log).toHaveLength(3);
  });

  it('is lost where nothing was confirmed', () => {
    const { lease, log, block } = heldElsewhere();
    block(8000);
    expect(lease.isHeld).toBe(false);
    expect(log).toEqual(['0 acquired', '0 lost', '0 complete']);
  });

  it('is held until its deadline, and renewed before that, where asking throws', () => {
    const { lease, log, time, backend, elsewhere } = heldElsewhere();
    elsewhere.onAsk = () => {
      throw new Error('closed');
    };
    expect(lease.isHeld).toBe(true);
    time.advance(8000);
    expect(backend.renewals.length).toBeGreaterThan(0);
    expect(log.filter((line) => !line.includes('uncertain'))).toEqual(['0 acquired', '8000 lost', '8000 complete']);
    expect(lease.isHeld).toBe(false);
  });

  it('is lost where the newest confirmation is too old', () => {
    const { lease, log, elsewhere, block } = heldElsewhere();
    elsewhere.bounds = [{ sentAt: 12_000, ttl: 10_000 }];
    block(20_000);
    expect(lease.isHeld).toBe(false);
    expect(log).toEqual(['0 acquired', '0 lost', '0 complete']);
  });

  it('ends earlier if a newer request was given less', () => {
    const { lease, elsewhere, block } = heldElsewhere();
    block(3000);
    elsewhere.bounds = [{ sentAt: 1000, ttl: 2000 }];
    expect(lease.isHeld).toBe(false);
  });

  it('is lost once, and says why, if the look is what brings the loss', () => {
    const { lease, grant, events, log, backend, elsewhere } = heldElsewhere();
    const cause = new Error('revoked there');
    elsewhere.onAsk = () => {
      backend.revoked$.next({ grants: [grant], reason: 'revoked', cause });
    };
    expect(lease.isHeld).toBe(false);
    expect(log).toEqual(['0 acquired', '0 lost', '0 complete']);
    expect(events.at(-1)).toMatchObject({ reason: 'revoked', cause });
  });

  it('is lost once, if the timer is what looks', () => {
    const { grant, log, time, backend, elsewhere } = heldElsewhere();
    elsewhere.onAsk = () => {
      backend.revoked$.next({ grants: [grant], reason: 'session' });
    };
    time.advance(20_000);
    expect(log).toEqual(['0 acquired', '1000 lost', '1000 complete']);
  });

  it('runs out if it is to, whatever was confirmed', () => {
    const { lease, elsewhere, block } = heldElsewhere({ renew: false });
    block(8000);
    elsewhere.bounds = [{ sentAt: 7000, ttl: 10_000 }];
    expect(lease.isHeld).toBe(false);
  });

  it.each<[what: string, bounds: unknown]>([
    ['bounds from a moment to come', [{ sentAt: 1e9, ttl: 10_000 }]],
    ['no bounds', []],
    ['bounds that are none', [{ sentAt: NaN, ttl: 10_000 }]],
    ['nothing of the kind', 7],
  ])('is not kept by %s', (_, bounds) => {
    const { lease, elsewhere, block } = heldElsewhere();
    block(8000);
    elsewhere.bounds = bounds as Bounds;
    expect(lease.isHeld).toBe(false);
  });

  it('passes the gate of withLock', () => {
    const { time, backend, locks, log, observer } = { ...setup(), ...record(new Time()) };
    const elsewhere: { bounds?: Bounds } = {};
    Object.assign(backend, { confirmed: () => elsewhere.bounds });
    const values = new Subject<{ readonly type: string }>();
    values.pipe(withLock(locks.lock$('a', '10s'))).subscribe(observer);
    backend.acquired[0]!.grant();
    time.frame = 25_000;
    elsewhere.bounds = [{ sentAt: 24_000, ttl: 10_000 }];
    values.next({ type: 'in time' });
    time.frame = 32_000;
    values.next({ type: 'too late' });
    expect(log).toEqual(['0 in time', '0 LockLostError']);
  });
});

describe('a request', () => {
  it('tells how what is granted will be kept', () => {
    const { backend } = held({}, { renewRatio: 0.2, safetyFactor: 0.5 });
    expect(backend.acquired[0]!.args.keeping).toMatchObject({ renew: true, renewRatio: 0.2, safetyFactor: 0.5 });
  });
});
