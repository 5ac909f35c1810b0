import assert from 'node:assert';
import { concat, of, throwError, timer } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { LockHeldError, LockNetworkError } from '../../src/contract/errors.js';
import {
  eventValues,
  fakeLease,
  lockEvent,
  marbles as plainMarbles,
  marblesFor,
  scripted,
  toMarbles,
  virtualTime,
} from '../../src/testing/index.js';

const marbles = marblesFor(expect);

describe('virtualTime', () => {
  it('runs on virtual time and returns what the test returns', () => {
    const result = virtualTime(({ createLocks, expectObservable, scheduler }) => {
      const locks = createLocks(scripted());
      expectObservable(locks.lock$('a', '1h').pipe(toMarbles()), '^ 100m !').toBe(
        'a 1079999ms r 1079999ms r 1079999ms r 1079999ms r 1079999ms r',
      );
      return scheduler;
    }, expect);
    expect(result.now()).toBe(6_000_001);
  });

  it('ends, and fails, when a lock is held for ever', () => {
    const endless = (): void => {
      virtualTime(({ createLocks, expectObservable }) => {
        expectObservable(createLocks(scripted()).lock$('a', '5s').pipe(toMarbles())).toBe('a');
      }, assert);
    };
    expect(endless).toThrow(/nobody ends it/);
  });

  it('fails when the marbles differ', () => {
    const failing = () =>
      virtualTime(({ expectObservable }) => {
        expectObservable(of('a')).toBe('(b|)');
      }, expect);
    expect(failing).toThrow(/strictly equal/);
  });

  it('lets several Locks share one backend and one time', () => {
    virtualTime(({ createLocks, expectObservable }) => {
      const backend = scripted({ acquire: ['g', 'q--g'] });
      expectObservable(createLocks(backend).lock$('a', '1s').pipe(toMarbles()), '^-!').toBe('a');
      expectObservable(createLocks(backend).lock$('a', '1s').pipe(toMarbles()), '^---!').toBe('w--a');
    }, expect);
  });

  it('runs the embedded backend', () => {
    virtualTime(({ createLocks, expectObservable }) => {
      const backend = memory();
      const [first, second] = [createLocks(backend), createLocks(backend)];
      expectObservable(first.lock$('a', '1s').pipe(toMarbles()), '^ 399ms !').toBe('a 299ms r');
      expectObservable(second.lock$('a', '1s'), '- ^ 499ms !').toBe('-w 398ms a', {
        w: lockEvent('waiting', { holder: 'locks-1', self: false }),
        a: lockEvent('acquired', { holder: 'locks-2', fencingToken: 2n }),
      });
    }, expect);
  });
});

describe('marbles', () => {
  it('is refused if the test is async', () => {
    const test = marbles(async () => {
      await Promise.reject(new Error('after the first await'));
    });
    expect(test).toThrow(/returned a promise/);
  });

  it.each([
    ['--a', 2],
    ['----a', 4],
  ])(
    'gets the row of a table: %s',
    marbles(({ expectObservable }, diagram: string, due: number) => {
      expectObservable(concat(timer(due)), '^-----!').toBe(diagram.replace(/a$/, '(a|)'), { a: 0 });
    }),
  );

  it('takes no arguments as far as a runner can see, which would wait for a callback', () => {
    expect(marbles((_helpers, _done: unknown) => undefined)).toHaveLength(0);
  });

  it(
    'compares errors by name and message only',
    marbles(({ expectObservable }) => {
      const error = new LockHeldError('taken', { cause: new Error('why') });
      expectObservable(throwError(() => error)).toBe('#', {}, new LockHeldError('taken'));
    }),
  );

  it.each([
    ['another message', new LockHeldError('given')],
    ['another class', new LockNetworkError('taken')],
  ])('fails for an error with %s', (_title, expected) => {
    const test = marbles(({ expectObservable }) => {
      expectObservable(throwError(() => new LockHeldError('taken'))).toBe('#', {}, expected);
    });
    expect(test).toThrow();
  });

  const frameworks = {
    'the expect of vitest': expect,
    'an expect with toEqual only': (actual: unknown) => ({
      toEqual: (other: unknown) => assert.deepStrictEqual(actual, other),
    }),
    'an expect of chai': (actual: unknown) => ({
      to: { deep: { equal: (other: unknown) => assert.deepStrictEqual(actual, other) } },
    }),
    'node:assert': assert,
    'node:assert/strict': assert.strict,
  };
  it.each(Object.entries(frameworks))('works with %s', (_title, framework) => {
    const one = marblesFor(framework as typeof expect);
    one(({ expectObservable }) => expectObservable(of(1n)).toBe('(a|)', { a: 1n }))();
    expect(one(({ expectObservable }) => expectObservable(of(1n)).toBe('(a|)', { a: 2n }))).toThrow();
  });

  it('says so when it is given what compares nothing', () => {
    const one = marblesFor(() => ({}));
    expect(one(({ expectObservable }) => expectObservable(of(1)).toBe('(a|)', { a: 1 }))).toThrow(TypeError);
  });

  describe('without an expect of its own', () => {
    afterEach(() => vi.unstubAllGlobals());

    const passing = plainMarbles(({ expectObservable }) => expectObservable(of(1)).toBe('(a|)', { a: 1 }));
    const failing = plainMarbles(({ expectObservable }) => expectObservable(of(1)).toBe('(a|)', { a: 2 }));

    it('uses node:assert', () => {
      vi.stubGlobal('expect', undefined);
      passing();
      expect(failing).toThrow(assert.AssertionError);
    });

    it('uses the global expect', () => {
      const calls: unknown[] = [];
      vi.stubGlobal('expect', (actual: unknown) => ({
        toStrictEqual: (other: unknown) => calls.push([actual, other]),
      }));
      failing();
      expect(calls).toHaveLength(1);
    });
  });
});

describe('lockEvent', () => {
  const lease = fakeLease({ name: 'a', fencingToken: 7n, holder: 'me', metadata: 'm', ttl: '10s' });
  const values = eventValues(lease);

  it(
    'is compared by what it names',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('w-a-r-u-l-d', values)).toBe('w-a-r-u-l-d', {
        w: lockEvent('waiting', { name: 'a', holder: 'somebody else', attempt: 1 }),
        a: lockEvent('acquired', { name: 'a', fencingToken: 7n, holder: 'me', metadata: 'm', ttl: 10_000 }),
        r: lockEvent('renewed'),
        u: lockEvent('uncertain', { remaining: 10_000 }),
        l: lockEvent('lost', { reason: 'expired' }),
        d: lockEvent('released', { at: 0 }),
      });
    }),
  );

  it(
    'is compared inside arrays and objects',
    marbles(({ cold, expectObservable }) => {
      const nested = { x: [values.a, { event: values.l }] };
      expectObservable(cold('x', nested)).toBe('x', { x: [lockEvent('acquired'), { event: lockEvent('lost') }] });
    }),
  );

  it.each([
    ['type', lockEvent('renewed')],
    ['token', lockEvent('acquired', { fencingToken: 8n })],
    ['name', lockEvent('acquired', { name: 'b' })],
    ['field of another event', lockEvent('acquired', { reason: 'expired' })],
  ])('fails for another %s, in marbles and in an expect', (_title, expected) => {
    const test = marbles(({ cold, expectObservable }) =>
      expectObservable(cold('a', values)).toBe('a', { a: expected }),
    );
    expect(test).toThrow();
    expect(values.a).not.toEqual(expected);
  });

  it('is a matcher for expect', () => {
    expect(values.a).toEqual(lockEvent('acquired', { fencingToken: 7n }));
    expect([values.a, values.l]).toStrictEqual([lockEvent('acquired'), lockEvent('lost', { name: 'a' })]);
    expect('acquired').not.toEqual(lockEvent('acquired'));
  });

  it('compares a cause by code, or by name and message', () => {
    const event = { ...values.u, cause: new LockNetworkError('no route') };
    expect(event).toEqual(lockEvent('uncertain', { cause: 'ERR_LOCK_NETWORK' }));
    expect(event).toEqual(lockEvent('uncertain', { cause: new LockNetworkError('no route') }));
    expect(event).not.toEqual(lockEvent('uncertain', { cause: new LockNetworkError('no wire') }));
    expect(event).not.toEqual(lockEvent('uncertain', { cause: 'ERR_LOCK_HELD' }));
  });

  it('shows what was expected when it fails', () => {
    const expected = lockEvent('acquired', { fencingToken: 7n });
    let failure: unknown;
    try {
      expect(values.l).toEqual(expected);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(Error);
    expect(expected.toAsymmetricMatcher()).toBe('lockEvent { type: "acquired", fencingToken: 7n }');
    expect(String(lockEvent('acquired'))).toBe("lockEvent('acquired')");
  });

  it('keeps live leases out of a failed report', () => {
    const seen: unknown[] = [];
    const one = marblesFor((actual: unknown) => ({ toStrictEqual: () => seen.push(actual) }));
    one(({ cold, expectObservable }) => expectObservable(cold('a', values)).toBe('b', { b: 'something else' }))();
    expect(seen).toMatchObject([
      [{ notification: { value: { type: 'acquired', lease: { name: 'a', fencingToken: 7n } } } }],
    ]);
    const [[{ notification }]] = seen as [[{ notification: { value: { lease: object } } }]];
    expect(Object.keys(notification.value.lease)).toEqual(['name', 'fencingToken']);
  });
});

describe('toMarbles', () => {
  it(
    'gives each event its letter',
    marbles(({ cold, expectObservable }) => {
      const lease = fakeLease({ name: 'a' });
      expectObservable(cold('w-a-r-u-l-d|', eventValues(lease)).pipe(toMarbles())).toBe('w-a-r-u-l-d|');
    }),
  );
});
