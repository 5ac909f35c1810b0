import { getEventListeners } from 'node:events';
import { finalize, of, Subject, tap, throwError, Observable } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { whileLeader } from '../../operators/while-leader.js';
import type { Leadership } from '../../src/contract/status.js';
import { electing, follow } from '../support/electing.js';

describe('leader$', () => {
  describe('ends the part of one subscriber', () => {
    it('with its until, complete: the last gives leadership up', () => {
      const { backend, locks, start, time } = electing();
      const until$ = new Subject<void>();
      const one = follow(time, locks.leader$('a', '10s', { until: until$ }));
      const two = start();
      backend.acquired[0]!.grant();
      until$.next();
      expect(one.log).toEqual(['0 following', '0 leading', '0 following', '0 complete']);
      expect(two.log).toEqual(['0 following', '0 leading']);
      expect(until$.observed).toBe(false);
      time.advance(20_000);
      expect(backend.releases).toHaveLength(0);
      const three = follow(time, locks.leader$('a', '10s', { until: until$ }));
      two.subscription.unsubscribe();
      until$.next();
      expect(three.log).toEqual(['20000 leading', '20000 following', '20000 complete']);
      time.turn();
      expect(backend.releases).toHaveLength(1);
      expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
    });

    it('with its signal, which errors with its reason, leading or not', () => {
      const { backend, locks, start, time } = electing();
      const [a, b] = [new AbortController(), new AbortController()];
      const one = follow(time, locks.leader$('a', '10s', { signal: a.signal }));
      const two = follow(time, locks.leader$('a', '10s', { signal: b.signal }));
      const three = start();
      b.abort(new RangeError('b'));
      expect([one.log, two.log]).toEqual([['0 following'], ['0 following', '0 RangeError']]);
      backend.acquired[0]!.grant();
      a.abort(new RangeError('a'));
      expect(one.log).toEqual(['0 following', '0 leading', '0 RangeError']);
      expect(three.log).toEqual(['0 following', '0 leading']);
      expect([a, b].map(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([[], []]);
    });

    it('before it begins, if it was stopped by then, and leaves nothing behind', () => {
      const { backend, locks, time } = electing();
      const stopped = [
        follow(time, locks.leader$('a', '10s', { until: of(1) })),
        follow(time, locks.leader$('a', '10s', { signal: AbortSignal.abort(new RangeError('no')) })),
        follow(
          time,
          locks.leader$('a', '10s', {
            until: throwError(() => new TypeError('mine')),
          }),
        ),
      ];
      expect(stopped.map(({ log }) => log)).toEqual([['0 complete'], ['0 RangeError'], ['0 TypeError']]);
      expect(backend.acquired).toHaveLength(0);
      expect(() => locks.leader$('a', '20s')).not.toThrow();
    });

    it.each([
      ['its until', (until$: Subject<void>) => ({ until: until$ }), 'complete'],
      [
        'its signal',
        (until$: Subject<void>) => {
          const controller = new AbortController();
          until$.subscribe(() => {
            controller.abort(new RangeError('no'));
          });
          return { signal: controller.signal };
        },
        'RangeError',
      ],
    ])('with %s, also in the turn of a loss and between two terms', (_, options, end) => {
      for (const wait of [0, 50]) {
        const { backend, locks, time } = electing();
        const until$ = new Subject<void>();
        const { log } = follow(time, locks.leader$('a', '10s', options(until$)));
        const grant = backend.acquired[0]!.grant();
        backend.revoked$.next({ grants: [grant], reason: 'revoked' });
        time.advance(wait);
        until$.next();
        expect(log).toEqual(['0 following', '0 leading', '0 following', `${String(wait)} ${end}`]);
        time.advance(60_000);
        expect(backend.acquired).toHaveLength(1);
        expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
      }
    });

    it('in its turn, if that comes while it is being told that it leads', () => {
      const { backend, locks, time } = electing();
      const until$ = new Subject<void>();
      const stopping = tap<Leadership>(({ leading }) => {
        if (leading) until$.next();
      });
      const { log } = follow(time, locks.leader$('a', '10s', { until: until$ }).pipe(stopping));
      backend.acquired[0]!.grant();
      expect(log).toEqual(['0 following', '0 leading', '0 following', '0 complete']);
    });

    it('once, with the work under whileLeader stopped before leadership goes', () => {
      const { backend, locks, time } = electing();
      const until$ = new Subject<void>();
      const order: string[] = [];
      backend.onAcquire = (call) => call.grant();
      backend.onRelease = (call) => {
        order.push('released');
        call.confirm();
      };
      const work$ = new Observable<never>(() => {
        order.push('work');
        return () => order.push('stopped');
      });
      locks
        .leader$('a', '10s', { until: until$ })
        .pipe(whileLeader(() => work$))
        .subscribe({ complete: () => order.push('complete') });
      time.advance(2000);
      until$.next();
      time.advance(60_000);
      expect(order).toEqual(['work', 'stopped', 'complete', 'released']);
    });
  });

  describe('tells nobody of a leadership that is over', () => {
    it('who comes late', () => {
      const { backend, start, time } = electing();
      const first = start();
      backend.acquired[0]!.grant();
      time.frame = 9000;
      const late = start();
      expect([first.log.at(-1), late.log]).toEqual(['9000 following', ['9000 following']]);
    });

    it('who is told after somebody who ended it', () => {
      const { backend, locks, start, time } = electing();
      const ending = tap<Leadership>((now) => {
        if (now.leading) void now.lease.release();
      });
      const first = follow(time, locks.leader$('a', '10s').pipe(ending));
      const second = start();
      backend.acquired[0]!.grant();
      expect(first.log).toEqual(['0 following', '0 leading', '0 following']);
      expect(second.log).toEqual(['0 following']);
    });

    it('who finds out himself that it is', () => {
      const { backend, locks, time } = electing();
      const asking = tap<Leadership>((now) => {
        if (now.leading) time.frame = 9000;
        if (now.leading) expect(now.lease.isHeld).toBe(false);
      });
      backend.onAcquire = (call) => call.grant();
      const { log } = follow(time, locks.leader$('a', '10s').pipe(asking));
      expect(log.at(-1)).toBe('9000 following');
    });
  });

  it('goes on for the others when a subscriber throws', () => {
    const { backend, locks, start } = electing();
    vi.useFakeTimers();
    const throwing = finalize<Leadership>(() => {
      throw new Error('mine');
    });
    const thrower = locks
      .leader$('a', '10s')
      .pipe(throwing)
      .subscribe((now) => {
        if (now.leading) thrower.unsubscribe();
      });
    const { log } = start();
    backend.acquired[0]!.grant();
    expect(log).toEqual(['0 following', '0 leading']);
    expect(() => vi.runAllTimers()).toThrow(/mine/);
    vi.useRealTimers();
  });
});
