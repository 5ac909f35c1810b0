import { describe, expect, it } from 'vitest';
import type { LockEvent } from '../../src/contract/lease.js';
import { lockStatus } from '../../src/values/lock-status.js';
import { of } from 'rxjs';
import { setup } from '../support/virtual.js';

describe('a wait that is cancelled while it is told', () => {
  it('is over, although the service grants the lock in the same turn', () => {
    const { time, backend, locks } = setup({}, { push: true });
    const controller = new AbortController();
    let answers = 0;
    // Held, but free when it is watched.
    backend.onAcquire = (call) => {
      if (answers++ === 0) call.held();
      else call.grant();
    };
    backend.watch = () => of(lockStatus({ name: 'a', status: 'free' }));
    const log: string[] = [];
    locks.lock$('a', '30s', { signal: controller.signal }).subscribe({
      next: ({ type }) => {
        log.push(type);
        controller.abort(new Error('cancelled'));
      },
      error: (error: unknown) => log.push((error as Error).message),
    });
    time.advance(1000);
    expect(log).toEqual(['waiting', 'cancelled']);
  });

  it('is over for all who share the signal, whatever the first to hear of it brings about', () => {
    const { backend, locks, time } = setup();
    const controller = new AbortController();
    const log: string[] = [];
    const observer = {
      next: ({ type }: LockEvent) => log.push(type),
      error: (error: unknown) => {
        // The second is granted the lock before it hears of the cancellation.
        if (log.push((error as Error).message) === 1) backend.acquired[1]!.grant();
      },
    };
    locks.lock$('a', '30s', { signal: controller.signal }).subscribe(observer);
    locks.lock$('b', '30s', { signal: controller.signal }).subscribe(observer);
    controller.abort(new Error('cancelled'));
    expect(log).toEqual(['cancelled', 'cancelled']);
    time.turn();
    expect(backend.releases.flatMap(({ args }) => args.grants.map(({ name }) => name))).toEqual(['b']);
  });

  it('is over where the grant that has to be confirmed is confirmed by the first to hear of it', () => {
    const { backend, locks, time } = setup();
    const controller = new AbortController();
    const log: string[] = [];
    locks.lock$('a', '30s', { signal: controller.signal }).subscribe({
      error: () => {
        backend.renewals[0]!.confirm();
      },
    });
    locks.lock$('b', '30s', { signal: controller.signal }).subscribe({
      next: ({ type }) => log.push(type),
      error: (error: unknown) => log.push((error as Error).message),
    });
    backend.acquired[1]!.grant(undefined, true);
    controller.abort(new Error('cancelled'));
    time.turn();
    expect(log).toEqual(['cancelled']);
    expect(backend.releases.flatMap(({ args }) => args.grants.map(({ name }) => name))).toEqual(['b']);
  });
});
