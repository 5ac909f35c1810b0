import { describe, expect, it } from 'vitest';
import { electing, follow } from '../support/electing.js';
import { setup } from '../support/virtual.js';

describe('leader$', () => {
  describe('backs off', () => {
    /** Every term ends as soon as it has begun, or after some time. @returns when each began. */
    function terms(lasting: number, options: Parameters<typeof electing>[0] = {}) {
      const all = electing({ retry: { initial: 100, max: '5s', jitter: 'none' }, ...options });
      const begun: number[] = [];
      all.backend.onAcquire = (call) => {
        begun.push(all.time.now());
        const grant = call.grant();
        all.time.schedule(() => {
          all.backend.revoked$.next({ grants: [grant], reason: 'revoked' });
        }, lasting);
      };
      all.start().log.length = 0;
      return { ...all, begun };
    }

    it('longer each time, if its terms end at once', () => {
      const { begun, time } = terms(1);
      time.advance(30_000);
      expect(begun).toEqual([0, 101, 302, 703, 1504, 3105, 6306, 11_307, 16_308, 21_309, 26_310]);
    });

    it('no longer than before after a term that was long enough to be renewed', () => {
      const { begun, time } = terms(3400);
      time.advance(12_000);
      expect(begun).toEqual([0, 3500, 7000, 10_500]);
    });

    it('longer each time, if the service goes on to refuse for good that it may pass', () => {
      const { backend, start, time } = electing({ retry: { initial: 100, max: '5s', jitter: 'none', count: 0 } });
      const asked: number[] = [];
      backend.onAcquire = (call) => {
        asked.push(time.now());
        call.next({ type: 'queued' });
        call.held();
      };
      start();
      time.advance(12_000);
      expect(asked).toEqual([0, 100, 300, 700, 1500, 3100, 6300, 11_300]);
    });
  });

  describe('gives leadership up', () => {
    const retry = { initial: 100, max: '5s', jitter: 'none' } as const;

    it('after maxHold, and leaves others the time to ask for it', () => {
      const { backend, locks, time } = electing({ retry });
      backend.onAcquire = (call) => call.grant();
      const { log } = follow(time, locks.leader$('a', '10s', { maxHold: '2s' }));
      time.advance(14_500);
      expect(log).toEqual([
        '0 following',
        '0 leading',
        '2000 following',
        '7000 leading',
        '9000 following',
        '14000 leading',
      ]);
    });

    it('after maxHold, for a short time where those who wait are next by themselves', () => {
      const all = setup({ retry }, { fifo: true });
      all.backend.onAcquire = (call) => call.grant();
      const { log } = follow(all.time, all.locks.leader$('a', '10s', { maxHold: '2s' }));
      all.time.advance(5000);
      expect(log).toEqual([
        '0 following',
        '0 leading',
        '2000 following',
        '2100 leading',
        '4100 following',
        '4200 leading',
      ]);
    });
  });
});
