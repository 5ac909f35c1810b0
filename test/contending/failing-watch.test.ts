import { EMPTY, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { LockStatus } from '../../src/contract/status.js';
import { record, setup } from '../support/virtual.js';

const WATCHES: Readonly<Record<string, () => Observable<LockStatus>>> = {
  throws: () => {
    throw new TypeError('no watch today');
  },
  fails: () => throwError(() => new TypeError('no watch today')),
  completes: () => EMPTY,
};

describe.each(Object.entries(WATCHES))('a watch that %s', (_, watch) => {
  it('leaves waiting to the retry policy', () => {
    const { time, backend, locks } = setup({ retry: { initial: 1000, max: 1000, jitter: 'none' } }, { push: true });
    backend.watch = watch;
    const { log, observer } = record(time);
    const subscription = locks.lock$('a', '30s').subscribe(observer);
    backend.acquired.at(-1)!.held();
    time.advance(1000);
    backend.acquired.at(-1)!.grant();
    expect(log).toEqual(['0 waiting', '1000 acquired']);
    subscription.unsubscribe();
    time.advance(1000);
    expect(backend.releases).toHaveLength(1);
  });
});
