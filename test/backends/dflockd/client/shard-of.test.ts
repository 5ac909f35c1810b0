import { describe, expect, it } from 'vitest';
import { shardOf } from '../../../../src/backends/dflockd/client/shard-of.js';

describe('shardOf', () => {
  it('is CRC-32 (IEEE) of the UTF-8 key, modulo the number of servers', () => {
    // The check value of CRC-32, and two other known ones.
    expect(shardOf('123456789', 2 ** 32)).toBe(0xcbf43926);
    expect(shardOf('The quick brown fox jumps over the lazy dog', 2 ** 32)).toBe(0x414fa339);
    // Two bytes of UTF-8, C3 BC.
    expect(shardOf('ü', 2 ** 32)).toBe(0x63d969d5);
    expect(shardOf('123456789', 7)).toBe(0xcbf43926 % 7);
  });

  it('needs no sum for one server', () => {
    expect(shardOf('anything', 1)).toBe(0);
  });
});
