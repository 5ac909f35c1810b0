import { describe, expect, it } from 'vitest';
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
});
