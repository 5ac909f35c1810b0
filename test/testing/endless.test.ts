import { concat, filter, timer } from 'rxjs';
import { configure } from 'rxjs-marbles';
import { describe, expect, it } from 'vitest';
import { usingLock, withLock } from '../../operators/index.js';
import { createLocksIn, marblesConfiguration, scripted, toMarbles, virtualTime } from '../../src/testing/index.js';

/** A test that forgets to unsubscribe, which no test runner could end. */
describe('a marble test in which nobody ends the lock', () => {
  it('ends with an error that says so, held by a stream that never completes', () => {
    const forgotten = (): void => {
      virtualTime(({ createLocks, cold, expectObservable }) => {
        const lock$ = createLocks(scripted()).lock$('a', '30s');
        expectObservable(cold('-1-').pipe(withLock(lock$))).toBe('-1-');
      }, expect);
    };
    expect(forgotten).toThrow(/^in virtual time, a lock was renewed .* tell expectObservable when to unsubscribe/);
  });

  it('ends with an error that says so, where somebody else has the lock for ever', () => {
    const forgotten = (): void => {
      virtualTime(({ createLocks, expectObservable }) => {
        expectObservable(createLocks(scripted({ acquire: 'h' })).lock$('a', '30s')).toBe('w');
      }, expect);
    };
    expect(forgotten).toThrow(/asked for .* tell expectObservable when to unsubscribe/);
  });

  it('says so in place of ten thousand letters', () => {
    const forgotten = (): void => {
      virtualTime(({ createLocks, expectObservable }) => {
        expectObservable(createLocks(scripted()).lock$('a', '30s').pipe(toMarbles())).toBe('a');
      }, expect);
    };
    expect(forgotten).toThrow(/^the lock was renewed 10000 times, and nobody ends it/);
  });

  it('says so with rxjs-marbles', () => {
    const { marbles } = configure(marblesConfiguration(expect));
    const forgotten = marbles((m) => {
      m.expect(createLocksIn(m)(scripted()).lock$('a', '30s').pipe(toMarbles())).toBeObservable('a');
    });
    expect(forgotten).toThrow(/^the lock was renewed 10000 times, and nobody ends it/);
  });
});

describe('a long marble test', () => {
  it('runs to the end that it says, however often its locks are renewed until then', () => {
    virtualTime(({ createLocks, expectObservable }) => {
      const locks = createLocks(scripted());
      const events$ = ['a', 'b'].map((name) => locks.lock$(name, '1s').pipe(filter(({ type }) => type !== 'renewed')));
      for (const one$ of events$) expectObservable(one$.pipe(toMarbles()), '^ 600m !').toBe('a');
    }, expect);
  });

  it('runs to an end that is planned while it runs, if that is far off', () => {
    virtualTime(({ createLocks, expectObservable, scheduler }) => {
      const lock$ = createLocks(scripted()).lock$('a', '30s');
      const week$ = timer(7 * 24 * 3_600_000, scheduler);
      const held$ = usingLock(lock$, () => concat(week$, week$));
      expectObservable(held$).toBe('10080m 0 604799999ms (0|)', { 0: 0 });
    }, expect);
  });
});
