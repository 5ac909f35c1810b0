import { EMPTY, NEVER, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LockClosedError, LockNetworkError } from '../../src/contract/errors.js';
import { setup } from '../support/virtual.js';

/** Locks on a service that answers questions as it likes. */
function asking(answer: () => unknown, prefix = '') {
  const all = setup({ prefix });
  Object.assign(all.backend, { status: answer, list: answer, ping: answer, revoke: answer });
  return all;
}

describe.each(['status', 'list', 'ping', 'revoke'] as const)('%s', (question) => {
  it('fails with what the service throws', async () => {
    const { locks } = asking(() => {
      throw new TypeError('mine');
    });
    await expect(locks[question]('a')).rejects.toThrow(TypeError);
  });

  it('fails with what the service fails with', async () => {
    const { locks } = asking(() => throwError(() => new LockNetworkError('down')));
    await expect(locks[question]('a')).rejects.toThrow('down');
  });

  it('is a LockNetworkError after thirty seconds without an answer', async () => {
    const { locks, time } = asking(() => NEVER);
    const answer = locks[question]('a').catch((error: unknown) => error);
    await Promise.resolve();
    time.advance(30_000);
    expect(await answer).toBeInstanceOf(LockNetworkError);
    expect(String(await answer)).toMatch(/manual did not answer within 30000 ms when asked for/);
    expect(time.actions.every(({ closed }) => closed)).toBe(true);
  });

  it('ends with LockClosedError when the locks are closed, and leaves no timer', async () => {
    const { locks, time } = asking(() => NEVER);
    const answer = locks[question]('a').catch((error: unknown) => error);
    await Promise.resolve();
    await locks.close();
    expect(await answer).toBeInstanceOf(LockClosedError);
    expect(time.actions.every(({ closed }) => closed)).toBe(true);
  });
});

describe.each(['status', 'list'] as const)('%s', (question) => {
  it('is a LockNetworkError if the service answers nothing', async () => {
    const { locks } = asking(() => EMPTY);
    const error: unknown = await locks[question]('a').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LockNetworkError);
    expect(String(error)).toMatch(/manual answered nothing when asked for/);
  });

  it.each([undefined, null, 7, 'free', {}, { name: 'a' }, { name: 'a', status: 'gone' }, [null]])(
    'is a LockNetworkError if the service answers %j',
    async (told) => {
      const { locks } = asking(() => of(told));
      await expect(locks[question]('a')).rejects.toThrow(LockNetworkError);
    },
  );

  it('is good for JSON, whatever the service made it of', async () => {
    const { locks } = asking(() => of(question === 'list' ? [told] : told), 'p/');
    const told = { name: 'p/a', status: 'held', fencingToken: 7n };
    expect(JSON.parse(JSON.stringify([await locks[question]('a')].flat()))).toEqual([
      { name: 'a', status: 'held', fencingToken: '7' },
    ]);
  });
});

describe.each(['ping', 'revoke'] as const)('%s', (question) => {
  it('is answered by the end, with or without a value', async () => {
    await asking(() => EMPTY).locks[question]('a');
    await asking(() => of(undefined)).locks[question]('a');
    await asking(() => of(1, 2, 3)).locks[question]('a');
  });
});
