import { describe, expect, it } from 'vitest';
import { tokenOf } from '../../../../src/backends/redis/locks/token-of.js';

describe('tokenOf', () => {
  it('reads a token exactly, also after another one', () => {
    const texts = ['1764444444444444', '1764444444444445', '1764444444444445', '17644444444444441234', '0'];
    expect(texts.map(tokenOf)).toEqual(texts.map(BigInt));
  });

  it('knows what is none', () => {
    expect(['', '-1', '1.5', '12a', ' 1', '0x1', 12, null, undefined, []].map(tokenOf)).toEqual(
      Array(10).fill(undefined),
    );
  });
});
