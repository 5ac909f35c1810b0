import { of, Subject, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/contract/backend.js';
import type { CompositeEvent, LockEvent } from '../../src/contract/lease.js';
import type { LockOptions } from '../../src/contract/options.js';
import { record, setup } from '../support/virtual.js';

function stopped(options: LockOptions = {}) {
  const scene = setup({ retry: { initial: '1s', jitter: 'none' } });
  const stop = new Subject<void>();
  const events = record<LockEvent>(scene.time);
  scene.locks.lock$('a', '10s', { until: stop, ...options }).subscribe(events.observer);
  return { ...scene, ...events, stop, call: scene.backend.acquired[0]! };
}

/** The grant of the first of several locks. */
function grantOf(event: CompositeEvent): Grant {
  if (event.type === 'waiting') throw new Error('nothing was granted');
  return (event.lease.leases[0] as unknown as { readonly grant: Grant }).grant;
}

describe('until', () => {
  it('ends the wait', () => {
    const { call, log, stop, time } = stopped();
    call.held();
    stop.next();
    expect(log).toEqual(['0 waiting', '0 complete']);
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });

  it('ends the hold', () => {
    const { call, log, stop } = stopped();
    call.grant();
    stop.next();
    expect(log).toEqual(['0 acquired', '0 released', '0 complete']);
  });

  it('that comes at once asks for nothing', () => {
    const { backend, locks, time } = setup();
    const { log, observer } = record<LockEvent>(time);
    locks.lock$('a', '10s', { until: of(1) }).subscribe(observer);
    expect(log).toEqual(['0 complete']);
    expect(backend.acquired).toHaveLength(0);
  });

  it.each(['complete', 'error', 'reacquire'] as const)(
    'that comes while a loss is told to others hides it from nobody, with onLost %s',
    (onLost) => {
      const { backend, call, locks, log, stop } = stopped({ onLost });
      const grant = call.grant();
      locks.events$.subscribe(({ type }) => {
        if (type === 'lost') stop.next();
      });
      backend.revoked$.next({ grants: [grant], reason: 'revoked' });
      expect(log).toEqual(['0 acquired', '0 lost', onLost === 'error' ? '0 LockLostError' : '0 complete']);
      expect(backend.acquired).toHaveLength(1);
    },
  );

  it('that comes while the lock is sought again ends that', () => {
    const { backend, call, log, stop } = stopped({ onLost: 'reacquire' });
    backend.revoked$.next({ grants: [call.grant()], reason: 'revoked' });
    backend.acquired[1]!.held();
    stop.next();
    expect(log).toEqual(['0 acquired', '0 lost', '0 waiting', '0 complete']);
  });

  it('ends the hold of a lock that was sought again', () => {
    const { backend, call, log, stop } = stopped({ onLost: 'reacquire' });
    backend.revoked$.next({ grants: [call.grant()], reason: 'revoked' });
    backend.acquired[1]!.grant();
    stop.next();
    expect(log).toEqual(['0 acquired', '0 lost', '0 acquired', '0 released', '0 complete']);
  });

  describe('that fails while something is told ends the stream after that', () => {
    const mine = new RangeError('mine');

    /** Two subscribers of one subscription: the first has the stop fail while he is told of something. */
    function failing(type: LockEvent['type'], options: LockOptions = {}) {
      const scene = setup({ retry: { initial: '1s', jitter: 'none' } });
      const stop = new Subject<void>();
      const events = record<LockEvent>(scene.time);
      const errors: string[] = [];
      scene.locks.events$.subscribe((event) => {
        if (event.type === 'error') errors.push(event.error.message);
        else if (event.type === type) stop.error(mine);
      });
      scene.locks.lock$('a', '10s', { until: stop, ...options }).subscribe(events.observer);
      return { ...scene, ...events, errors, call: scene.backend.acquired[0]! };
    }

    it('waiting', () => {
      const { call, log, errors, time } = failing('waiting');
      call.held();
      expect(log).toEqual(['0 waiting', '0 RangeError']);
      expect(errors).toEqual(['mine']);
      expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
    });

    it('acquired', () => {
      const { backend, call, log, time } = failing('acquired');
      call.grant();
      expect(log).toEqual(['0 acquired', '0 RangeError']);
      time.turn();
      expect(backend.releases).toHaveLength(1);
    });

    it('renewed', () => {
      const { backend, call, log, time } = failing('renewed');
      call.grant();
      time.advance(3333);
      backend.renewals[0]!.confirm();
      expect(log).toEqual(['0 acquired', '3333 renewed', '3333 RangeError']);
    });

    it.each(['complete', 'error', 'reacquire'] as const)('lost, with onLost %s', (onLost) => {
      const { backend, call, log } = failing('lost', { onLost });
      backend.revoked$.next({ grants: [call.grant()], reason: 'revoked' });
      expect(log).toEqual(['0 acquired', '0 lost', onLost === 'error' ? '0 LockLostError' : '0 RangeError']);
      expect(backend.acquired).toHaveLength(1);
    });

    it('released', () => {
      const { call, log, time } = failing('released', { maxHold: '3s' });
      call.grant();
      time.advance(3000);
      expect(log).toEqual(['0 acquired', '3000 released', '3000 RangeError']);
    });

    it('all that is told of several locks', () => {
      const scene = setup();
      scene.backend.onAcquire = (call) => call.grant();
      for (const type of ['acquired', 'lost', 'released']) {
        const stop = new Subject<void>();
        const { log, observer } = record<CompositeEvent>(scene.time);
        let told: CompositeEvent | undefined;
        scene.locks
          .all$(['a', 'b'], '10s', { until: stop })
          .pipe(
            tap((event) => {
              told = event;
              if (event.type === type) stop.error(mine);
            }),
          )
          .subscribe(observer);
        const grant = scene.backend.acquired.at(-1);
        if (type === 'lost') scene.backend.revoked$.next({ grants: [grantOf(told!)], reason: 'revoked' });
        else if (told?.type === 'acquired') void told.lease.release();
        expect(grant).toBeDefined();
        expect(log).toEqual(['0 acquired', ...(type === 'acquired' ? [] : [`0 ${type}`]), '0 RangeError']);
        scene.time.turn();
      }
    });
  });

  it('that fails at once asks for nothing, and is an error of all', () => {
    const { backend, locks, time } = setup();
    const { log, observer } = record<LockEvent>(time);
    locks.lock$('a', '10s', { until: throwError(() => new RangeError('mine')) }).subscribe(observer);
    expect(log).toEqual(['0 RangeError']);
    expect(backend.acquired).toHaveLength(0);
  });

  it('that fails is the end of the stream, and gives the lock back', () => {
    const { backend, locks, time } = setup();
    const { log, observer } = record<LockEvent>(time);
    const stop = new Subject<void>();
    locks.lock$('a', '10s', { until: stop }).subscribe(observer);
    backend.acquired[0]!.grant();
    stop.error(new RangeError('mine'));
    expect(log).toEqual(['0 acquired', '0 RangeError']);
    time.turn();
    expect(backend.releases).toHaveLength(1);
  });

  it('that fails at once asks for nothing', () => {
    const { backend, locks, time } = setup();
    const { log, observer } = record<LockEvent>(time);
    locks.lock$('a', '10s', { until: throwError(() => new RangeError('mine')) }).subscribe(observer);
    expect(log).toEqual(['0 RangeError']);
    expect(backend.acquired).toHaveLength(0);
  });

  it('is left with its subscriber', () => {
    const { backend, locks } = setup();
    const stop = new Subject<void>();
    const subscription = locks.lock$('a', '10s', { until: stop }).subscribe();
    backend.acquired[0]!.grant();
    expect(stop.observed).toBe(true);
    subscription.unsubscribe();
    expect(stop.observed).toBe(false);
  });

  it('that comes before the lock is sought again, in a turn of its own, ends that', () => {
    const { backend, locks, time } = setup();
    const stop = new Subject<void>();
    const { log, observer } = record<LockEvent>(time);
    const grants: Grant[] = [];
    backend.onAcquire = (call) => {
      const grant = { name: 'a' };
      grants.push(grant);
      call.done({ type: 'granted', grant, bounds: [{ sentAt: call.at, ttl: 10_000 }] });
    };
    const lock$ = locks.lock$('a', '10s', { until: stop, onLost: 'reacquire' });
    lock$.subscribe({
      ...observer,
      next(event) {
        observer.next(event);
        if (event.type === 'acquired') backend.revoked$.next({ grants, reason: 'revoked' });
      },
    });
    stop.next();
    expect(log).toEqual(['0 acquired', '0 lost', '0 complete']);
    expect(backend.acquired).toHaveLength(1);
  });

  it('nor does close() leave it open until then', () => {
    const { backend, locks, time } = setup();
    const { log, observer } = record<LockEvent>(time);
    backend.onAcquire = (call) => call.grant();
    const lock$ = locks.lock$('a', '10s', { onLost: 'reacquire' });
    lock$.subscribe({
      ...observer,
      next(event) {
        observer.next(event);
        if (event.type !== 'acquired') return;
        time.frame += 9000;
        expect(event.lease.isHeld).toBe(false);
      },
    });
    void locks.close();
    expect(log).toEqual(['0 acquired', '9000 lost', '9000 LockClosedError']);
  });

  it('that comes with the grant, while `waiting` is told, is heard: nobody is told of the grant, which goes back', () => {
    const { backend, call, stop, time, locks } = stopped();
    const heard: string[] = [];
    call.held();
    locks.lock$('b', '10s', { until: stop }).subscribe({
      next: ({ type }) => {
        heard.push(type);
        if (type !== 'waiting') return;
        backend.acquired[1]!.grant();
        stop.next();
      },
      complete: () => heard.push('|'),
    });
    backend.acquired[1]!.next({ type: 'queued' });
    expect(heard).toEqual(['waiting', '|']);
    time.turn();
    expect(backend.releases.flatMap(({ args }) => args.grants)).toHaveLength(1);
  });
});
