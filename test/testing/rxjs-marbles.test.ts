import { expect as chaiExpect } from 'chai';
import assert from 'node:assert';
import { configure, type Context } from 'rxjs-marbles';
import { configure as configureMocha } from 'rxjs-marbles/mocha';
import { map, materialize, of, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { LockConfigError, LockHeldError, LockNetworkError, LockValidationError } from '../../src/contract/errors.js';
import type { Locks } from '../../src/contract/locks.js';
import {
  createLocksIn,
  fakeLease,
  lockEvent,
  marblesConfiguration,
  scripted,
  toMarbles,
  virtualTime,
} from '../../src/testing/index.js';

const configuration = marblesConfiguration(expect);
const { marbles } = configure(configuration);

describe('createLocksIn', () => {
  it(
    "makes locks in the time of rxjs-marbles' context",
    marbles((m) => {
      const backend = scripted({
        acquire: ['--h', '--g'],
        renew: ['  -r', '-x'],
      });
      const locks = createLocksIn(m)(backend);
      const expected = '--w 51ms a 298ms r 299ms (l|)';

      m.expect(locks.lock$('a', '1s').pipe(toMarbles())).toBeObservable(expected);
      m.flush();
      expect(backend.callsOf('renew').map(({ at }) => at)).toStrictEqual([352, 652]);
    }),
  );

  it(
    'takes no real time',
    marbles((m) => {
      const locks = createLocksIn(m)(scripted());

      m.expect(locks.lock$('a', '1h').pipe(toMarbles()), '^ 30m !').toBeObservable('a 1079999ms r');
      // Else it would take half an hour.
      m.flush();
    }),
  );

  it(
    'lets several Locks contend, each with a holder of its own, however often it is called',
    marbles((m) => {
      const backend = memory();
      const [first, second] = [createLocksIn(m)(backend), createLocksIn(m)(backend)];
      const values = {
        w: lockEvent('waiting', { holder: 'locks-1', self: false }),
        a: lockEvent('acquired', { holder: 'locks-2', fencingToken: 2n }),
      };

      m.expect(first.lock$('a', '1s').pipe(toMarbles()), ' ^ 399ms !').toBeObservable('a 299ms r');
      m.expect<unknown>(second.lock$('a', '1s'), '       - ^ 499ms !').toBeObservable('-w 398ms a', values);
    }),
  );

  it(
    'takes the options of createLocks, and knows the type of the token',
    marbles((m) => {
      const locks = createLocksIn(m)(scripted({ features: { fencing: false } }), { holder: 'me', onLost: 'error' });
      expectTypeOf(locks).toEqualTypeOf<Locks<undefined>>();

      m.expect<unknown>(locks.lock$('a', '1s'), '^!').toBeObservable('a', {
        a: lockEvent('acquired', { holder: 'me' }),
      });
    }),
  );

  it('serves a TestScheduler of your own', () => {
    const scheduler = new TestScheduler(configuration.assertDeepEqual);
    scheduler.run(({ expectObservable }) => {
      const locks = createLocksIn({ scheduler })(scripted({ acquire: '--g' }));
      expectObservable(locks.lock$('a', '1s').pipe(toMarbles()), '^--!').toBe('--a');
    });
  });

  describe('refuses to make locks whose time is another', () => {
    const outside = expect.objectContaining({
      name: 'LockConfigError',
      message: expect.stringContaining('within TestScheduler.run') as string,
    }) as Error;
    const make = (m: Pick<Context, 'scheduler'>) => (): unknown => createLocksIn(m)(memory());

    it('with configure({ run: false })', () => {
      const old = configure({ ...configuration, run: false });
      old.marbles((m) => {
        expect(make(m)).toThrow(outside);
      })();
      old.marbles((m) => {
        m.bind();
        m.reframe(1);
        expect(make(m)).toThrow(outside);
      })();
    });

    it('in a TestScheduler that does not run, also while another does', () => {
      const scheduler = new TestScheduler(configuration.assertDeepEqual);
      expect(make({ scheduler })).toThrow(outside);
      virtualTime(() => {
        expect(make({ scheduler })).toThrow(LockConfigError);
      }, expect);
    });

    it('after an await, where no marble would be looked at', async () => {
      let caught: unknown;
      const test = marbles(async (m) => {
        const createLocks = createLocksIn(m);
        createLocks(memory());
        await Promise.resolve();
        try {
          createLocks(memory());
        } catch (error) {
          caught = error;
        }
      });
      await test();
      expect(caught).toEqual(outside);
    });

    it('and what is no context', () => {
      for (const wrong of [{}, { scheduler: {} }, new TestScheduler(() => undefined)]) {
        expect(() => createLocksIn(wrong as never)).toThrow(LockValidationError);
      }
    });
  });
});

describe('marblesConfiguration', () => {
  /** Whether a marble test of one value passes. */
  const passes = (
    framework: Parameters<typeof marblesConfiguration>[0],
    actual: unknown,
    expected: unknown,
  ): boolean => {
    const test = configure(marblesConfiguration(framework)).marbles((m) => {
      m.expect(of(actual)).toBeObservable('(a|)', { a: expected });
    });
    try {
      test();
      return true;
    } catch (error) {
      if (error instanceof Error && error.name.includes('Assertion')) return false;
      throw error;
    }
  };
  const acquired = { type: 'acquired', name: 'a', at: 0, lease: fakeLease({ name: 'a', fencingToken: 7n }) };
  const frameworks = { 'the expect of vitest': expect, 'the expect of chai': chaiExpect, 'node:assert': assert };

  it.each(Object.entries(frameworks))('compares events by what lockEvent names, with %s', (_title, framework) => {
    expect(passes(framework as typeof expect, acquired, lockEvent('acquired', { fencingToken: 7n }))).toBe(true);
    expect(passes(framework as typeof expect, acquired, lockEvent('acquired', { fencingToken: 8n }))).toBe(false);
    expect(passes(framework as typeof expect, [acquired], [lockEvent('acquired')])).toBe(true);
    expect(passes(framework as typeof expect, acquired, 'something else')).toBe(false);
  });

  it('compares errors by name and message, also within values', () => {
    const inside = (error: Error) => ({ cause: error });
    const why = new LockHeldError('taken', { cause: new Error('why') });
    expect(passes(expect, inside(why), inside(new LockHeldError('taken')))).toBe(true);
    expect(passes(expect, inside(why), inside(new LockHeldError('given')))).toBe(false);
    expect(passes(expect, inside(why), inside(new LockNetworkError('taken')))).toBe(false);
  });

  it(
    'compares the errors of a stream by name and message, written either way',
    marbles((m) => {
      const failing$ = throwError(() => new LockHeldError('taken', { cause: new Error('why') }));
      m.expect(failing$).toBeObservable('#', {}, new LockHeldError('taken'));
      m.expect(failing$).toBeObservable('#', {}, { name: 'LockHeldError', message: 'taken' });
      m.expect(
        failing$.pipe(
          materialize(),
          map(({ kind }) => kind),
        ),
      ).toBeObservable('(E|)');
    }),
  );

  it('fails for another error of a stream', () => {
    for (const wrong of [new LockHeldError('given'), new LockNetworkError('taken')]) {
      const test = marbles((m) => {
        m.expect(throwError(() => new LockHeldError('taken'))).toBeObservable('#', {}, wrong);
      });
      expect(test).toThrow(/strictly equal/);
    }
  });

  it('fails for other subscriptions', () => {
    const test = marbles((m) => {
      const source = m.cold('-1|');
      m.expect(source).toBeObservable('-1|');
      m.expect(source).toHaveSubscriptions('^--!');
    });
    expect(test).toThrow(/strictly equal/);
  });

  it('uses what is global when it compares, if it is given nothing', () => {
    const none = marblesConfiguration();
    const calls: unknown[] = [];
    vi.stubGlobal('expect', (actual: unknown) => ({ toStrictEqual: (other: unknown) => calls.push([actual, other]) }));
    try {
      none.assertDeepEqual(1, 2);
      expect(calls).toStrictEqual([[1, 2]]);
      vi.stubGlobal('expect', undefined);
      expect(() => {
        none.assertDeepEqual(1, 2);
      }).toThrow(assert.AssertionError);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('the cases of rxjs-marbles', () => {
  // They look for `describe` and `it` where mocha puts them.
  vi.stubGlobal('it', it).stubGlobal('describe', describe);
  afterAll(() => vi.unstubAllGlobals());
  const { cases } = configureMocha(configuration);

  cases(
    'run with locks of their own',
    (m, { acquire, expected }) => {
      const locks = createLocksIn(m)(scripted({ acquire }));
      const unsub = '   ^-----!';
      const values = {
        w: lockEvent('waiting'),
        a: lockEvent('acquired', { holder: 'locks-1' }),
      };
      m.expect<unknown>(locks.lock$('a', '30s'), unsub).toBeObservable(expected, values);
    },
    {
      'a lock that is free': { acquire: '     --g', expected: '--a' },
      'a queue': { acquire: '                 q---g', expected: 'w---a' },
      'a service that says nothing': { acquire: '', expected: '------' },
    },
  );
});
