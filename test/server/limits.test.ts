import { describe, expect, it } from 'vitest';
import { checkLimits, type LimitOptions } from '../../src/server/limits.js';

describe('checkLimits', () => {
  it('has a limit for everything', () => {
    expect(checkLimits()).toEqual({
      frame: 65_536,
      bufferedPerClient: 1_048_576,
      buffered: 134_217_728,
      connections: 10_000,
      connectionsPerAddress: 7500,
      locks: 100_000,
      waiters: 10_000,
      places: 1_000_000,
      watches: 1024,
      operationsPerSecond: 200_000,
      electionsPerMinute: 600,
      handshakeTime: 10_000,
      headerTime: 10_000,
      requestTime: 30_000,
      stallTime: 10_000,
    });
  });

  it('has none where it is 0, and takes the rest as given', () => {
    const limits = checkLimits({ connections: 0, frame: 1024, headerTime: '1s', requestTime: 1000 });
    expect(limits).toMatchObject({ connections: Infinity, connectionsPerAddress: Infinity, frame: 1024 });
    expect(limits).toMatchObject({ headerTime: 1000, requestTime: 1000 });
    expect(checkLimits({ electionsPerMinute: 0 }).electionsPerMinute, 'none at all').toBe(0);
    expect(checkLimits({ connections: 1 }).connectionsPerAddress).toBe(1);
    expect(checkLimits({ connections: 8, connectionsPerAddress: 2 }).connectionsPerAddress).toBe(2);
  });

  it.each<[LimitOptions, string]>([
    [{ frame: -1 }, 'limits.frame'],
    [{ frame: 1023 }, 'limits.frame'],
    [{ locks: 1.5 }, 'limits.locks'],
    [{ waiters: Number.NaN }, 'limits.waiters'],
    [{ buffered: '1' as unknown as number }, 'limits.buffered'],
    [{ handshakeTime: 0 }, 'limits.handshakeTime'],
    [{ stallTime: 'soon' }, 'limits.stallTime'],
    [{ headerTime: '31s' }, 'limits.headerTime'],
    [{ connection: 1 } as LimitOptions, 'limits.connection'],
  ])('refuses %j by its name', (options, name) => {
    expect(() => checkLimits(options)).toThrow(expect.objectContaining({ option: name }));
  });
});
