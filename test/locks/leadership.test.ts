import { concat, of, throwError, type Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import {
  LockAuthenticationError,
  LockHeldError,
  LockNetworkError,
  LockValidationError,
} from '../../src/contract/errors.js';
import { lockStatus } from '../../src/values/lock-status.js';
import type { Lease } from '../../src/contract/lease.js';
import { electing, follow, held } from '../support/electing.js';
import { Time } from '../support/virtual.js';

describe('leader$', () => {
  it('says at once that nobody leads here, and then who does', () => {
    const { backend, start } = electing();
    const { events, log } = start();
    expect(log).toEqual(['0 following']);
    backend.acquired[0]!.held({ holder: 'other' });
    backend.statuses.next(held('other'));
    expect(events.at(-1)).toEqual({ leading: false, leader: { holder: 'other', metadata: 'of other', term: 7n } });
    backend.statuses.next(held('other'));
    expect(log).toEqual(['0 following', '0 following other']);
    backend.statuses.next(held('other', 8n));
    expect(log).toHaveLength(3);
    backend.statuses.next(lockStatus({ name: 'a', status: 'free' }));
    expect(log.at(-1)).toBe('0 following');
  });

  it('leads once the lock is granted, with its lease, and tells nothing of renewals', () => {
    const { backend, start, time } = electing();
    const { events, log } = start();
    const grant = backend.acquired[0]!.grant();
    time.advance(30_000);
    expect(log).toEqual(['0 following', '0 leading']);
    expect((events[1] as { lease: Lease }).lease.fencingToken).toBe(grant.fencingToken);
    expect(backend.watchers).toBe(0);
  });

  it('does not name itself as another that leads', () => {
    const { backend, start } = electing();
    const { log } = start();
    backend.statuses.next(held('me'));
    expect(log).toEqual(['0 following']);
  });

  it('follows at once when the lock is lost, and contends again for ever', () => {
    const { backend, start, time } = electing();
    const { log } = start();
    for (let round = 0; round < 5; round++) {
      const grant = backend.acquired.at(-1)!.grant();
      time.advance(1000);
      backend.revoked$.next({ grants: [grant], reason: 'revoked' });
      expect(log.at(-1)).toBe(`${String(time.now())} following`);
      time.advance(100);
    }
    expect(backend.acquired).toHaveLength(6);
    expect(log).toHaveLength(11);
  });

  it('follows when its lease is released, and contends again after a pause', () => {
    const { backend, start, time } = electing();
    const { events, log } = start();
    backend.acquired[0]!.grant();
    void (events[1] as { lease: Lease }).lease.release();
    time.turn();
    expect(log.at(-1)).toBe('0 following');
    expect(backend.releases).toHaveLength(1);
    expect(backend.acquired).toHaveLength(1);
    time.advance(100);
    expect(backend.acquired).toHaveLength(2);
  });

  it('goes on after errors that may pass', () => {
    const { backend, start, time } = electing({ retry: { initial: 100, max: 100, jitter: 'none', count: 1 } });
    const { log } = start();
    backend.onAcquire = (call) => {
      call.fail(new LockNetworkError('down'));
    };
    backend.acquired[0]!.fail(new LockNetworkError('down'));
    time.advance(60_000);
    expect(log).toEqual(['0 following']);
    backend.onAcquire = (call) => {
      call.fail(new LockHeldError('held'));
    };
    time.advance(1000);
    backend.onAcquire = (call) => call.grant();
    time.advance(1000);
    expect(log.at(-1)).toMatch(/leading/);
  });

  it('has no wait and no onLost: they would have no effect', () => {
    const { backend, locks } = electing();
    const refused = (option: string): unknown => expect.objectContaining({ code: 'ERR_LOCK_VALIDATION', option });
    // @ts-expect-error -- nor have the types
    expect(() => locks.leader$('a', '10s', { wait: false })).toThrow(refused('wait'));
    // @ts-expect-error -- nor have the types
    expect(() => locks.leader$('a', '10s', { onLost: 'error' })).toThrow(refused('onLost'));
    expect(() => locks.leader$('a', '10s', { onLost: 'error' } as object)).toThrow('after a loss, leader$ asks again');
    expect(backend.acquired).toHaveLength(0);
  });

  it('heeds neither wait nor onLost of its locks', () => {
    const { backend, locks, time } = electing({ wait: '1s', onLost: 'error' });
    const { log } = follow(time, locks.leader$('a', '10s'));
    expect(backend.acquired[0]!.args.wait).toBe(true);
    backend.acquired[0]!.held();
    time.advance(2000);
    const grant = backend.acquired.at(-1)!.grant();
    backend.revoked$.next({ grants: [grant], reason: 'session' });
    time.advance(100);
    expect(log).toEqual(['0 following', '2000 leading', '2000 following']);
  });

  it('errors with what no patience can mend', () => {
    const { backend, start, time } = electing();
    const first = start();
    backend.acquired[0]!.fail(new LockAuthenticationError('who are you?'));
    expect(first.log).toEqual(['0 following', '0 LockAuthenticationError']);
    const second = start();
    backend.acquired[1]!.grant();
    backend.revoked$.next({ grants: [], reason: 'revoked' });
    expect(second.log).toEqual(['0 following', '0 leading']);
    time.turn();
    expect(() => electing().locks.leader$('', '10s')).toThrow(LockValidationError);
    expect(() => electing().locks.leader$('a', 5)).toThrow(LockValidationError);
  });

  it('releases with the last unsubscribe', () => {
    const { backend, start, time } = electing();
    const [one, two] = [start(), start()];
    backend.acquired[0]!.grant();
    one.subscription.unsubscribe();
    time.advance(5000);
    expect(backend.releases).toHaveLength(0);
    two.subscription.unsubscribe();
    time.turn();
    expect(backend.releases).toHaveLength(1);
    expect(backend.watchers).toBe(0);
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });

  it('leaves nothing behind while it follows, waits or pauses', () => {
    for (const prepare of [
      () => undefined,
      (backend: ReturnType<typeof electing>['backend']) => {
        backend.acquired[0]!.held();
      },
      (backend: ReturnType<typeof electing>['backend']) => {
        const grant = backend.acquired[0]!.grant();
        backend.revoked$.next({ grants: [grant], reason: 'revoked' });
      },
    ]) {
      const { backend, start, time } = electing();
      const { subscription } = start();
      prepare(backend);
      subscription.unsubscribe();
      time.turn();
      expect(backend.watchers).toBe(0);
      expect(backend.acquired.at(-1)!.open).toBe(false);
      expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
      const asked = backend.acquired.length;
      time.advance(60_000);
      expect(backend.acquired).toHaveLength(asked);
    }
  });

  describe('who leads instead', () => {
    it('is asked for every second where nothing is pushed', () => {
      const { backend, start, time } = electing();
      const answers = [held('x'), held('x'), held('y')];
      Object.assign(backend, {
        watch: undefined,
        status: () => [answers.shift() ?? held('y')],
      });
      const { log, subscription } = start();
      time.advance(3000);
      expect(log).toEqual(['0 following', '0 following x', '2000 following y']);
      subscription.unsubscribe();
    });

    it('is asked for again after an error that may pass', () => {
      const { backend, start, time } = electing();
      let asked = 0;
      Object.assign(backend, {
        watch: undefined,
        status: () => {
          if (asked++ < 3) throw new LockNetworkError('down');
          return [held('x')];
        },
      });
      const { log } = start();
      time.advance(3000);
      expect(log).toEqual(['0 following', '3000 following x']);
    });

    it('is asked for again after a pause when the service ends its watch, longer each time', () => {
      const { backend, start, time } = electing({ retry: { initial: 100, max: '5s', jitter: 'none' } });
      const asked: number[] = [];
      Object.assign(backend, {
        watch: () => {
          asked.push(time.now());
          return of(held('x'));
        },
      });
      const { log } = start();
      time.advance(5000);
      expect(log).toEqual(['0 following', '0 following x']);
      expect(asked).toEqual([0, 100, 300, 700, 1500, 3100]);
    });

    it.each([
      [
        'throws',
        () => {
          throw new TypeError('mine');
        },
      ],
      [
        'fails for good',
        () =>
          concat(
            of(held('x')),
            throwError(() => new TypeError('mine')),
          ),
      ],
      ['tells what is no status', () => of(undefined)],
    ])('is unknown if the watch %s', (_, watch) => {
      const { backend, start, time } = electing();
      Object.assign(backend, { watch });
      const { log } = start();
      time.advance(1000);
      expect(log.at(-1)).toMatch(/ following$/);
      backend.acquired[0]!.grant();
      expect(log.at(-1)).toBe('1000 leading');
    });

    it('is not needed for leading', () => {
      const { backend, start, time } = electing();
      Object.assign(backend, {
        watch: undefined,
        status: () => {
          throw new Error('not allowed');
        },
      });
      const { log } = start();
      time.advance(1000);
      backend.acquired[0]!.grant();
      expect(log).toEqual(['0 following', '1000 leading']);
    });
  });

  it('is good for JSON', () => {
    const { backend, start } = electing();
    const { events } = start();
    backend.statuses.next(held('other'));
    expect(JSON.parse(JSON.stringify(events))).toEqual([
      { leading: false },
      { leading: false, leader: { holder: 'other', metadata: 'of other', term: '7' } },
    ]);
  });

  it('moves from one to the other, each knowing the term', () => {
    const time = new Time();
    const backend = memory();
    const [one, two] = ['one', 'two'].map((holder) =>
      createLocks(backend, { scheduler: time, holder, random: () => 0 }),
    );
    const [a, b] = [
      follow(time, one!.leader$('a', '10s', { metadata: 'at:1' })),
      follow(time, two!.leader$('a', '10s')),
    ];
    const term = (a.events.at(-1) as { lease: Lease }).lease.fencingToken;
    expect(b.events.at(-1)).toEqual({ leading: false, leader: { holder: 'one', metadata: 'at:1', term } });
    a.subscription.unsubscribe();
    time.turn();
    expect(b.log.at(-1)).toBe('0 leading');
    const again: Subscription[] = [];
    const c = follow(time, one!.leader$('a', '10s'));
    again.push(c.subscription, b.subscription);
    expect(c.log).toEqual(['0 following', '0 following two']);
    for (const subscription of again) subscription.unsubscribe();
    time.turn();
    expect(a.log).toEqual(['0 following', '0 leading']);
  });

  it('errors when the locks are closed', async () => {
    const { locks, start, backend, time } = electing();
    const [waiting, leading] = [start('a'), start('b')];
    backend.acquired[1]!.grant();
    const closed = locks.close();
    time.turn();
    await closed;
    expect(waiting.log.at(-1)).toBe('0 LockClosedError');
    expect(leading.log.at(-1)).toBe('0 LockClosedError');
  });

  it('errors at once when the locks are closed between two terms, and leaves no timer', async () => {
    const { backend, locks, start, time } = electing();
    const { log } = start();
    const grant = backend.acquired[0]!.grant();
    backend.revoked$.next({ grants: [grant], reason: 'revoked' });
    time.advance(50);
    const closed = locks.close();
    expect(log).toEqual(['0 following', '0 leading', '0 following', '50 LockClosedError']);
    await closed;
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });

  it('leads on while the locks drain, and errors with the end of its term', async () => {
    const { backend, locks, start, time } = electing();
    const [leading, following] = [start('a'), start('b')];
    const grant = backend.acquired[0]!.grant();
    const closed = locks.close({ drain: '1m' });
    expect(following.log.at(-1)).toBe('0 LockClosedError');
    time.advance(1000);
    expect(leading.log.at(-1)).toBe('0 leading');
    backend.revoked$.next({ grants: [grant], reason: 'revoked' });
    expect(leading.log.slice(-2)).toEqual(['1000 following', '1000 LockClosedError']);
    await closed;
    time.turn();
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });
});
