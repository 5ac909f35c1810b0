import { describe, expect, it } from 'vitest';
import { LockConfigError, LockError, LockValidationError } from '../../src/contract/errors.js';
import { Locked } from '../../src/nestjs/locked.js';

/** Called with what no type allows. */
const anyLocked = Locked as unknown as (...args: unknown[]) => (...target: unknown[]) => unknown;

const thrownBy = (call: () => unknown): LockError => {
  try {
    call();
  } catch (error) {
    return error as LockError;
  }
  throw new Error('nothing was thrown');
};

describe('@Locked, where the class is declared', () => {
  it.each([
    [['', '30s'], 'name'],
    [[7, '30s'], 'name'],
    [[undefined, '30s'], 'name'],
    [['job'], 'ttl'],
    [['job', 60], 'ttl'],
    [['job', '30'], 'ttl'],
    [['job', '10ms'], 'ttl'],
    [['job', '30s', null], 'options'],
    [['job', '30s', { minhold: '1s' }], 'minhold'],
    [['job', '30s', { onLost: 'complete' }], 'onLost'],
    [['job', '30s', { minHold: 'long' }], 'minHold'],
    [['job', '30s', { minHold: '2s', maxHold: '1s' }], 'minHold'],
    [['job', '30s', { wait: 'long' }], 'wait'],
    [['job', '30s', { mode: 'both' }], 'mode'],
    [['job', '30s', { limit: 0 }], 'limit'],
    [['job', '30s', { limit: 2, permits: 3 }], 'permits'],
    [['job', '30s', { permits: 2 }], 'permits'],
    [['job', '30s', { limit: 2, mode: 'shared' }], 'mode'],
    [['job', '30s', { drainTimeout: 'long' }], 'drainTimeout'],
    [['job', '30s', { skipIfHeld: 'yes' }], 'skipIfHeld'],
    [['job', '30s', { skipIfHeld: true, wait: '1s' }], 'wait'],
    [['job', '30s', { returns: 'stream' }], 'returns'],
    [['job', '30s', { locks: '' }], 'locks'],
  ])('refuses %j', (args, option) => {
    const error = thrownBy(() => anyLocked(...args));
    expect(error).toBeInstanceOf(LockError);
    expect(error).toMatchObject({ option });
  });

  it('takes what a method can have', () => {
    expect(() => Locked('job', '30s', { skipIfHeld: true, minHold: '10s' })).not.toThrow();
    expect(() => Locked('job', '30s', { limit: 3, permits: 2, wait: '1s', retry: { max: '1s' } })).not.toThrow();
    expect(() => Locked('job', '30s', { mode: 'shared', drainTimeout: '5s', renew: false })).not.toThrow();
    expect(() => Locked((a: string) => a, '1h', { wait: undefined, limit: undefined })).not.toThrow();
  });

  it('refuses what is no method of an object', () => {
    const decorate = anyLocked('job', '30s');
    class Jobs {
      run = 1;
    }
    expect(thrownBy(() => decorate(Jobs, 'run', { value: () => 1 })).message).toContain('the static Jobs.run');
    expect(thrownBy(() => decorate(Jobs.prototype, 'run', undefined)).message).toContain(
      'Jobs.run, which is no method',
    );
    expect(thrownBy(() => decorate(Jobs.prototype, 'run', { get: () => 1 }))).toBeInstanceOf(LockConfigError);
  });

  it('says that standard decorators are not what Nest has', () => {
    const standard = thrownBy(() => anyLocked('job', '30s')(() => 1, { kind: 'method', name: 'run' }));
    expect(standard).toBeInstanceOf(LockConfigError);
    expect(standard.message).toContain('"experimentalDecorators": true');
  });

  it('names the class of the error', () => {
    expect(thrownBy(() => anyLocked('job', 60))).toBeInstanceOf(LockValidationError);
  });
});
