import { NEVER, retry, take, Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LockAuthenticationError, LockConfigError } from '../../src/contract/errors.js';
import { electing, follow } from '../support/electing.js';

describe('leader$', () => {
  describe('is shared by name', () => {
    it('so that a Locks does not contend with itself', () => {
      const { backend, start } = electing();
      const [one, two] = [start(), start()];
      expect(backend.acquired).toHaveLength(1);
      backend.acquired[0]!.grant();
      const late = start();
      expect([one, two, late].map(({ log }) => log.at(-1))).toEqual(['0 leading', '0 leading', '0 leading']);
      expect(late.log).toHaveLength(1);
      start('b');
      expect(backend.acquired).toHaveLength(2);
    });

    it('refuses another ttl, at the call and at the subscription', () => {
      const { locks, start, time } = electing();
      const early$ = locks.leader$('a', '20s');
      start();
      expect(() => locks.leader$('a', '20s')).toThrow(LockConfigError);
      expect(() => locks.leader$('b', '20s')).not.toThrow();
      expect(follow(time, early$).log).toEqual(['0 LockConfigError']);
    });

    it.each([
      ['metadata', { metadata: 'x' }],
      ['minHold', { minHold: '1s' }],
      ['maxHold', { maxHold: '1m' }],
      ['renew', { renew: false }],
      ['renewRatio', { renewRatio: 0.2 }],
      ['safetyFactor', { safetyFactor: 0.7 }],
      ['retry.initial', { retry: { initial: 7, max: 100, jitter: 'none' } }],
      ['retry.max', { retry: { initial: 100, max: 200, jitter: 'none' } }],
      ['retry.factor', { retry: { initial: 100, max: 100, jitter: 'none', factor: 3 } }],
      ['retry.jitter', { retry: { initial: 100, max: 100 } }],
      ['retry.count', { retry: { initial: 100, max: 100, jitter: 'none', count: 3 } }],
    ] as const)('refuses another %s, at the call and at the subscription', (option, options) => {
      const { locks, start, time } = electing();
      const early$ = locks.leader$('a', '10s', options);
      const first = start();
      const named = expect.objectContaining({ code: 'ERR_LOCK_CONFIG', option, lockName: 'a' }) as Error;
      expect(() => locks.leader$('a', '10s', options)).toThrow(named);
      expect(() => locks.leader$('b', '10s', options)).not.toThrow();
      expect(follow(time, early$).log).toEqual(['0 LockConfigError']);
      expect(first.log).toEqual(['0 following']);
    });

    it('whatever each says of until and signal, and however the same is said', () => {
      const { backend, locks, time } = electing();
      const all = [
        { until: NEVER },
        { signal: new AbortController().signal, retry: { initial: '100ms', max: '100ms', jitter: 'none' } },
        { renewRatio: 1 / 3, minHold: '0s', metadata: undefined },
      ] as const;
      for (const options of all) {
        expect(follow(time, locks.leader$('a', 10_000, options)).log).toEqual(['0 following']);
      }
      expect(backend.acquired).toHaveLength(1);
    });

    it('also by whoever subscribes again while the last of them leaves', () => {
      const { backend, locks, start, time } = electing();
      backend.onAcquire = (call) => {
        if (backend.acquired.length < 3) call.grant();
      };
      const first = start();
      let second: ReturnType<typeof start> | undefined;
      locks.events$.subscribe(({ type }) => {
        if (type === 'released') second ??= start();
      });
      first.subscription.unsubscribe();
      time.turn();
      const third = start();
      expect([second?.log, third.log]).toEqual([['0 following', '0 leading'], ['0 leading']]);
      expect(backend.acquired).toHaveLength(2);
    });

    it('also by whoever comes while another is asked for its until, and the last of them leaves', () => {
      const { backend, locks, start, time } = electing();
      const first = start();
      const until$ = new Observable<never>(() => {
        first.subscription.unsubscribe();
      });
      const second = follow(time, locks.leader$('a', '10s', { until: until$ }));
      expect(second.log).toEqual(['0 following']);
      backend.acquired.at(-1)!.grant();
      expect(second.log).toEqual(['0 following', '0 leading']);
    });

    it('takes another ttl once everybody has left', () => {
      const { backend, locks, start, time } = electing();
      const { subscription } = start();
      subscription.unsubscribe();
      follow(time, locks.leader$('a', '20s'));
      expect(backend.acquired.map(({ args }) => args.ttl)).toEqual([10_000, 20_000]);
    });

    it('takes another ttl after it ended in an error', () => {
      const { backend, locks, start, time } = electing();
      start();
      backend.acquired[0]!.fail(new LockAuthenticationError('who are you?'));
      follow(time, locks.leader$('a', '20s'));
      expect(backend.acquired.map(({ args }) => args.ttl)).toEqual([10_000, 20_000]);
    });

    it('has a second round after everybody left, through the same stream too', () => {
      const { backend, locks, time } = electing();
      const leader$ = locks.leader$('a', '10s');
      for (let round = 0; round < 3; round++) {
        const { log, subscription } = follow(time, leader$);
        const other = follow(time, leader$);
        expect(backend.acquired).toHaveLength(round + 1);
        backend.acquired[round]!.grant();
        expect(log).toEqual(['0 following', '0 leading']);
        subscription.unsubscribe();
        other.subscription.unsubscribe();
        time.turn();
        expect(backend.releases).toHaveLength(round + 1);
      }
    });

    it('has one election, also after an error at which somebody subscribes again at once', () => {
      const { backend, locks, start, time } = electing();
      const { log } = follow(time, locks.leader$('a', '10s').pipe(retry(1)));
      backend.acquired[0]!.fail(new LockAuthenticationError('who are you?'));
      expect(backend.acquired).toHaveLength(2);
      start();
      start();
      expect(backend.acquired).toHaveLength(2);
      backend.acquired[1]!.grant();
      expect(log.at(-1)).toBe('0 leading');
    });

    it('survives a subscriber who leaves in the middle of an event', () => {
      const { backend, locks, start, time } = electing();
      const { log } = start();
      let seen = 0;
      locks
        .leader$('a', '10s')
        .pipe(take(2))
        .subscribe(() => seen++);
      backend.acquired[0]!.grant();
      expect([seen, log.at(-1)]).toEqual([2, '0 leading']);
      time.advance(20_000);
      expect(backend.releases).toHaveLength(0);
    });
  });
});
