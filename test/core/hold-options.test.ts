import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createLocks } from '../../src/locks/create-locks.js';
import { LockConfigError, LockValidationError } from '../../src/contract/errors.js';
import { DEFAULT_OPTIONS, resolveDefaults, resolveOptions, resolveTtl } from '../../src/core/hold-options.js';
import type { LockBackend } from '../../src/contract/backend.js';
import type { LockOptions, LocksOptions } from '../../src/contract/options.js';
import { ManualBackend } from '../support/manual-backend.js';

function thrown(during: () => unknown): unknown {
  try {
    during();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('the options of a lock', () => {
  it('have the documented defaults', () => {
    expect(resolveOptions({}, DEFAULT_OPTIONS)).toMatchObject({
      wait: true,
      minHold: 0,
      maxHold: Infinity,
      renew: true,
      onLost: 'complete',
      renewRatio: 1 / 3,
      safetyFactor: 0.8,
      metadata: undefined,
      signal: undefined,
      until: undefined,
      retry: { count: Infinity },
    });
  });

  it('are the defaults of createLocks where they are not given', () => {
    const defaults = resolveDefaults({
      wait: '5s',
      metadata: 'm',
      minHold: '1s',
      maxHold: '10s',
      renew: false,
      onLost: 'error',
    });
    expect(resolveOptions({ wait: false, metadata: 'n' }, defaults)).toMatchObject({
      wait: false,
      metadata: 'n',
      minHold: 1000,
      maxHold: 10_000,
      renew: false,
      onLost: 'error',
    });
    expect(resolveOptions({ wait: undefined }, defaults).wait).toBe(5000);
  });

  it('take every form of a value', () => {
    const signal = new AbortController().signal;
    expect(
      resolveOptions({ wait: '1.5s', signal, until: NEVER, minHold: 5, maxHold: '1m' }, DEFAULT_OPTIONS),
    ).toMatchObject({
      wait: 1500,
      signal,
      until: NEVER,
      minHold: 5,
      maxHold: 60_000,
    });
    expect(resolveOptions({ wait: 0 }, DEFAULT_OPTIONS).wait).toBe(0);
  });

  it.each<[LockOptions, string]>([
    [{ wait: 'soon' }, 'wait'],
    [{ wait: -1 }, 'wait'],
    [{ wait: Number.NaN }, 'wait'],
    [{ wait: null as never }, 'wait'],
    [{ minHold: 'x' }, 'minHold'],
    [{ maxHold: 'x' }, 'maxHold'],
    [{ maxHold: 0 }, 'maxHold'],
    [{ renew: 'yes' as never }, 'renew'],
    [{ onLost: 'retry' as never }, 'onLost'],
    [{ metadata: 5 as never }, 'metadata'],
    [{ signal: {} as never }, 'signal'],
    [{ retry: { factor: 0 } }, 'retry.factor'],
    [{ retry: { initial: '10s' } }, 'retry.initial'],
    [{ maxHolds: 5 } as never, 'maxHolds'],
    [5 as never, 'options'],
    [null as never, 'options'],
  ])('refuse %j at the call, naming the option', (options, option) => {
    const locks = createLocks(new ManualBackend());
    for (const call of [
      () => locks.lock$('a', '10s', options),
      () => locks.leader$('a', '10s', options),
      () => locks.semaphore$('a', 2, '10s', options),
      () => locks.all$(['a'], '10s', options),
    ]) {
      const error = thrown(call);
      expect(error).toBeInstanceOf(LockValidationError);
      expect(error).toMatchObject({ option });
      expect((error as Error).message).toContain(option);
    }
  });

  it.each<[LockOptions, string]>([
    [{ safetyFactor: 0 }, 'safetyFactor'],
    [{ safetyFactor: 0.91 }, 'safetyFactor'],
    [{ safetyFactor: -0.5 }, 'safetyFactor'],
    [{ safetyFactor: Number.NaN }, 'safetyFactor'],
    [{ safetyFactor: '0.8' as never }, 'safetyFactor'],
    [{ renewRatio: '0.3' as never }, 'renewRatio'],
    [{ renewRatio: null as never }, 'renewRatio'],
    [{ renewRatio: 0 }, 'renewRatio'],
    [{ renewRatio: 0.41 }, 'renewRatio'],
    [{ renewRatio: Number.NaN }, 'renewRatio'],
    [{ safetyFactor: 0.6 }, 'renewRatio'],
    [{ minHold: '10s', maxHold: '5s' }, 'minHold'],
  ])('refuse the relation %j', (options, named) => {
    const error = thrown(() => createLocks(new ManualBackend()).lock$('a', '10s', options));
    expect(error).toBeInstanceOf(LockConfigError);
    expect(error).toMatchObject({ option: named });
    expect((error as Error).message).toContain(named);
    expect(thrown(() => createLocks(new ManualBackend(), options as LocksOptions))).toBeInstanceOf(LockConfigError);
  });

  it('take the extremes of each relation', () => {
    expect(() => resolveOptions({ safetyFactor: 0.9, renewRatio: 0.45 }, DEFAULT_OPTIONS)).not.toThrow();
    expect(() => resolveOptions({ minHold: '5s', maxHold: '5s' }, DEFAULT_OPTIONS)).not.toThrow();
  });

  it('are checked together with the defaults', () => {
    const locks = createLocks(new ManualBackend(), { minHold: '10s' });
    expect(thrown(() => locks.lock$('a', '10s', { maxHold: '5s' }))).toBeInstanceOf(LockConfigError);
  });
});

describe('the options of createLocks', () => {
  it.each<[LocksOptions, string]>([
    [{ holder: '' }, 'holder'],
    [{ holder: 5 as never }, 'holder'],
    [{ prefix: 5 as never }, 'prefix'],
    [{ clock: {} as never }, 'clock'],
    [{ scheduler: {} as never }, 'scheduler'],
    [{ random: 0.5 as never }, 'random'],
    [{ signal: AbortSignal.abort() } as never, 'signal'],
    [{ until: NEVER } as never, 'until'],
    [{ hodler: 'x' } as never, 'hodler'],
    [{ onLost: 'never' as never }, 'onLost'],
  ])('%# are refused, naming the option', (options, option) => {
    const error = thrown(() => createLocks(new ManualBackend(), options));
    expect(error).toBeInstanceOf(LockValidationError);
    expect(error).toMatchObject({ option });
  });

  it('tell everybody who we are, differently each time, unless told', () => {
    const holders = [{}, {}, { holder: 'me' }].map((options) => {
      const backend = new ManualBackend();
      createLocks(backend, options).lock$('a', '10s').subscribe();
      return backend.acquired[0]!.args.holder;
    });
    expect(holders[2]).toBe('me');
    expect(holders[0]).not.toBe(holders[1]);
    expect(holders[0]).toMatch(new RegExp(`^.+:${String(process.pid)}:[0-9a-z]{8}$`));
  });
});

describe('the ttl', () => {
  const seconds = { name: 'counter', ttl: { min: 1000, max: 60_000, step: 1000 } };
  const plain = { name: 'plain' };

  it.each<[number | string, Pick<LockBackend, 'name' | 'ttl'>, number]>([
    ['1s', plain, 1000],
    ['1h', plain, 3_600_000],
    [1000, plain, 1000],
    [1001, plain, 1001],
    ['2s', seconds, 2000],
    ['500ms', { name: 'fast', ttl: { min: 100, max: 1000, step: 1 } }, 500],
  ])('%s is taken', (ttl, backend, ms) => {
    expect(resolveTtl(ttl, backend)).toBe(ms);
  });

  it.each<[number | string, Pick<LockBackend, 'name' | 'ttl'>, RegExp]>([
    [60, plain, /^ttl 60 is 60 ms; write '60s' for seconds$/],
    [999, { name: 'fast', ttl: { min: 1, max: 1000, step: 1 } }, /write '999s' for seconds/],
    ['999ms', plain, /less than 1000 ms/],
    [0, plain, /less than 1000 ms/],
    ['61m', plain, /more than 3600000 ms/],
    ['1500ms', seconds, /not a multiple of 1000 ms.*counter/],
    [1000.5, plain, /not a multiple of 1 ms/],
    ['61s', seconds, /more than 60000 ms/],
    [-5, plain, /not a number of at least 0/],
    ['soon', plain, /ttl "soon"/],
    [undefined as never, plain, /ttl undefined/],
  ])('%s is refused', (ttl, backend, why) => {
    const error = thrown(() => resolveTtl(ttl, backend));
    expect(error).toBeInstanceOf(LockValidationError);
    expect(error).toMatchObject({ option: 'ttl' });
    expect((error as Error).message).toMatch(why);
  });
});
