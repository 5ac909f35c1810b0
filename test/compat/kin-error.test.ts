import { describe, expect, it } from 'vitest';
import { LockHeldError, NetworkError } from '../../src/compat/octostore/index.js';
import * as root from '../../src/contract/errors.js';

describe('KinError', () => {
  const error = new LockHeldError('held');

  it.each([
    ['itself', error],
    ['a proxy of it', new Proxy(error, {})],
    ['what was made from it', Object.create(error) as object],
    ['the prototype of its class', LockHeldError.prototype],
  ])('tells by `instanceof` of %s what it is, and never throws', (_, value) => {
    expect(value instanceof LockHeldError).toBe(true);
    expect(value instanceof root.LockHeldError).toBe(true);
    expect(value instanceof root.LockError).toBe(true);
    expect(value instanceof NetworkError).toBe(false);
    expect(value instanceof root.LockNetworkError).toBe(false);
  });
});
