import { concat, EMPTY, NEVER, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LockAuthenticationError, LockCapacityError, LockNetworkError } from '../../src/contract/errors.js';
import { lockStatus } from '../../src/values/lock-status.js';
import type { LockStatus } from '../../src/contract/status.js';
import { setup } from '../support/virtual.js';

/** What `watch$` tells on a service that answers as it likes. */
function watching(service: object) {
  const all = setup({ prefix: 'p/' });
  Object.assign(all.backend, service);
  const log: string[] = [];
  const note = (what: string): void => {
    log.push(`${String(all.time.now())} ${what}`);
  };
  const subscription = all.locks.watch$('a').subscribe({
    next: ({ name, status, waiters }) => note(`${name} ${status} ${String(waiters)}`),
    error: (error: unknown) => note((error as Error).name),
    complete: () => note('complete'),
  });
  return { ...all, log, subscription };
}

const free = lockStatus({ name: 'p/a', status: 'free', waiters: 0 });
const pushing = (told: () => Observable<LockStatus>): object => ({ watch: told });
const polling = (told: () => Observable<LockStatus>): object => ({ watch: undefined, status: told });

describe('watch$', () => {
  it('fails with what the service throws, at the subscription', () => {
    const fails = (): never => {
      throw new TypeError('mine');
    };
    expect(watching(pushing(fails)).log).toEqual(['0 TypeError']);
    const { log, time } = watching(polling(fails));
    time.advance(0);
    expect(log).toEqual(['0 TypeError']);
  });

  it('fails with what the service fails with', () => {
    const down = concat(
      of(free),
      throwError(() => new LockNetworkError('down')),
    );
    expect(watching(pushing(() => down)).log).toEqual(['0 a free 0', '0 LockNetworkError']);
  });

  it('never completes: a service that ends its watch has left its watcher alone', () => {
    expect(watching(pushing(() => of(free))).log).toEqual(['0 a free 0', '0 LockNetworkError']);
    expect(watching(pushing(() => EMPTY)).log).toEqual(['0 LockNetworkError']);
  });

  it('is a LockNetworkError for what is no status', () => {
    expect(watching(pushing(() => of(null) as never)).log).toEqual(['0 LockNetworkError']);
  });

  it('tells once what the service tells twice, as after a new connection', () => {
    const at = (expiresAt: number, waiters: number): LockStatus =>
      lockStatus({ name: 'p/a', status: 'held', holder: 'x', waiters, expiresAt: new Date(expiresAt) });
    const told = [at(30_000, 0), at(30_020, 0), at(29_980, 0), at(30_020, 1), at(40_000, 1), free, free];
    const { log } = watching(pushing(() => concat(told, NEVER)));
    expect(log).toEqual(['0 a held 0', '0 a held 1', '0 a held 1', '0 a free 0']);
  });

  describe('where the service pushes nothing', () => {
    it('tells each change, also of statuses that are all the same in JSON', () => {
      let waiters = 0;
      const { log, time, subscription } = watching(
        polling(() => of({ ...free, waiters: Math.floor(waiters++ / 2), toJSON: () => ({}) })),
      );
      time.advance(3000);
      expect(log).toEqual(['0 a free 0', '2000 a free 1']);
      subscription.unsubscribe();
    });

    it('asks again while the service cannot be reached, or answers nothing, or nothing in time', () => {
      const down = throwError(() => new LockNetworkError('down'));
      const answers = [down, EMPTY, of(free), down, NEVER, of({ ...free, waiters: 1 }), down];
      const { log, time, subscription } = watching(polling(() => answers.shift() ?? EMPTY));
      time.advance(60_000);
      expect(log).toEqual(['2000 a free 0', '34000 a free 1']);
      subscription.unsubscribe();
      expect(time.actions.every(({ closed }) => closed)).toBe(true);
    });

    it('does not ask before the service wants to be asked again', () => {
      let asked = 0;
      const busy = throwError(() => new LockCapacityError('busy', { retryAfter: 60_000 }));
      const { log, time, subscription } = watching(polling(() => (asked++ === 0 ? busy : of(free))));
      time.advance(59_900);
      expect(asked).toBe(1);
      time.advance(2000);
      expect(log).toEqual(['60000 a free 0']);
      subscription.unsubscribe();
      expect(time.actions.every(({ closed }) => closed)).toBe(true);
    });

    it('fails with what does not pass', () => {
      const { log, time } = watching(polling(() => throwError(() => new LockAuthenticationError('no'))));
      time.advance(5000);
      expect(log).toEqual(['0 LockAuthenticationError']);
    });
  });
});
