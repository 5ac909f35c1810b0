import { describe, expect, it } from 'vitest';
import { lockStatus } from '../../src/values/lock-status.js';

describe('lockStatus', () => {
  it('writes the token as a decimal string and the date in ISO 8601', () => {
    const status = lockStatus({
      name: 'x',
      status: 'held',
      fencingToken: 2n ** 60n,
      expiresAt: new Date(0),
      waiters: 0,
    });
    expect(JSON.parse(JSON.stringify(status))).toEqual({
      name: 'x',
      status: 'held',
      fencingToken: '1152921504606846976',
      expiresAt: '1970-01-01T00:00:00.000Z',
      waiters: 0,
    });
  });

  it('is its fields and no more', () => {
    const status = lockStatus({ name: 'x', status: 'free' });
    expect({ ...status }).toEqual({ name: 'x', status: 'free' });
    expect(lockStatus({ ...status, name: 'y' }).toJSON()).toEqual({ name: 'y', status: 'free' });
  });
});
