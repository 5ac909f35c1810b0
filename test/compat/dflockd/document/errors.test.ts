import { describe, expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { translated } from '../../../../src/compat/dflockd/document/translate.js';
import * as root from '../../../../src/contract/errors.js';

describe('the errors of the drop-in client', () => {
  it.each([
    [new client.LockError('what'), 'LockError', 'LockError', 'ERR_LOCK', false],
    [new client.AcquireTimeoutError('a'), 'AcquireTimeoutError', 'LockTimeoutError', 'ERR_LOCK_TIMEOUT', true],
    [new client.AuthError(), 'AuthError', 'LockAuthenticationError', 'ERR_LOCK_AUTHENTICATION', false],
  ] as const)('%s is one of the documents and of the root', (error, name, kin, code, retryable) => {
    expect(error).toMatchObject({ name, code, retryable });
    for (const Class of [Error, root.LockError, root[kin], client.LockError, client[name]]) {
      expect(error).toBeInstanceOf(Class);
    }
    expect(error).not.toBeInstanceOf(root.LockHeldError);
    expect(client[name].name).toBe(name);
    expect(new root[kin]('')).not.toBeInstanceOf(client.LockError);
  });

  it('are told from each other', () => {
    expect(new client.LockError('')).not.toBeInstanceOf(client.AcquireTimeoutError);
    expect(new client.AuthError()).not.toBeInstanceOf(client.AcquireTimeoutError);
    expect(new client.AcquireTimeoutError('a').lockName).toBe('a');
  });

  it('say what the document says', () => {
    expect(new client.AuthError().message).toBe('authentication failed');
    expect(new client.AuthError('the token is old')).toMatchObject({ name: 'AuthError', message: 'the token is old' });
    const refused = new root.LockAuthenticationError('dflockd at host:1 wants an auth token');
    expect(translated(refused)).toMatchObject({
      name: 'AuthError',
      message: 'authentication failed: dflockd at host:1 wants an auth token',
    });
    expect(new client.AcquireTimeoutError('the-key').message).toBe("timeout acquiring 'the-key'");
  });

  it.each([new client.LockError('a'), new client.AcquireTimeoutError('a'), new client.AuthError()])(
    'can be written to: %s',
    (error) => {
      const { name } = error;
      Object.assign(error, { name: 'Mine', message: 'b', code: 'ERR_LOCK_CLOSED', retryable: false, lockName: 'c' });
      expect(error).toMatchObject({ name: 'Mine', message: 'b', code: 'ERR_LOCK_CLOSED', lockName: 'c' });
      expect(String(error)).toBe('Mine: b');
      expect(error).toBeInstanceOf(client[name as 'LockError']);
    },
  );

  it('are made of those of the root, which they still are', () => {
    const network = translated(new root.LockNetworkError('what', { cause: 1 }));
    expect(network).toBeInstanceOf(client.LockError);
    expect(network).toBeInstanceOf(root.LockNetworkError);
    expect(network).toMatchObject({ name: 'LockError', message: 'what', cause: 1, code: 'ERR_LOCK_NETWORK' });
    expect(translated(new root.LockAuthenticationError('x'))).toBeInstanceOf(client.AuthError);
    expect(translated(network)).toBe(network);
    expect(translated('x')).toBe('x');
  });
});

describe('stableHashShard', () => {
  it('is CRC-32 modulo the number of servers', () => {
    // The check value of CRC-32 is that of 123456789: cbf43926.
    expect(client.stableHashShard('123456789', 7)).toBe(0xcbf43926 % 7);
    expect(client.stableHashShard('any', 1)).toBe(0);
  });

  it.each([0, -1, 1.5, NaN])('refuses %s servers', (servers) => {
    expect(() => client.stableHashShard('a', servers)).toThrow(client.LockError);
  });
});
