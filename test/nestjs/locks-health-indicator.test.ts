import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { LockConfigError, LockNetworkError, LockUnsupportedError } from '../../src/contract/errors.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { LocksHealthIndicator } from '../../src/nestjs/locks-health-indicator.js';
import { LocksModule } from '../../src/nestjs/locks-module.js';
import { startApp } from './support/start-app.js';

const failing = (error: unknown) => ({ ping: () => Promise.reject(error) });

describe('LocksHealthIndicator', () => {
  it('is provided by the module, and asks its service', async () => {
    const app = await startApp({ imports: [LocksModule.forRoot({ backend: memory() })] });
    expect(await app.get(LocksHealthIndicator).pingCheck('locks')).toEqual({ locks: { status: 'up' } });
  });

  it('tells what is wrong', async () => {
    const locks = failing(new LockNetworkError('no answer from 127.0.0.1:1'));
    expect(await new LocksHealthIndicator(locks).pingCheck('redis')).toEqual({
      redis: { status: 'down', message: 'no answer from 127.0.0.1:1', code: 'ERR_LOCK_NETWORK' },
    });
  });

  it('is down without an answer in time', async () => {
    const silent = createLocks(Object.assign(memory(), { ping: () => NEVER }));
    expect(await new LocksHealthIndicator().pingCheck('locks', { locks: silent, timeout: '10ms' })).toEqual({
      locks: { status: 'down', message: 'no answer within 10 ms' },
    });
  });

  it('asks other locks, if they are given', async () => {
    const app = await startApp({ imports: [LocksModule.forRoot({ name: 'audit', backend: memory() })] });
    const indicator = app.get(LocksHealthIndicator);
    await expect(indicator.pingCheck('locks')).rejects.toBeInstanceOf(LockConfigError);
    expect(await indicator.pingCheck('audit', { locks: createLocks(memory()) })).toEqual({ audit: { status: 'up' } });
  });

  it('does not call down what cannot be asked, or is a mistake', async () => {
    for (const error of [new LockUnsupportedError('has no ping'), new TypeError('mistake')]) {
      await expect(new LocksHealthIndicator(failing(error)).pingCheck('locks')).rejects.toBe(error);
    }
    const ping = new LocksHealthIndicator(createLocks(memory())).pingCheck('locks', { timeout: 'long' });
    await expect(ping).rejects.toMatchObject({ option: 'timeout' });
  });
});
