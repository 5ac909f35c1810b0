import { describe, expect, it } from 'vitest';
import { inTurn, together } from '../../../../src/backends/redis/locks/arguments.js';

const asks = (...all: readonly string[][]): { readonly args: readonly string[] }[] => all.map((args) => ({ args }));

describe('inTurn', () => {
  it('gives the arguments of one after those of the other', () => {
    expect(inTurn(asks(['a', 'b'], ['c', 'd']))).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('together', () => {
  it('gives the first of all in one string, and what all have once', () => {
    expect(together(asks(['a', '10', 'me'], ['b', '10', 'me'], ['c', '10', 'me']))).toEqual(['abc', '10', 'me']);
  });

  it('gives the others of each if they differ anywhere', () => {
    expect(together(asks(['a', '10', 'me'], ['b', '10', 'me'], ['c', '10', 'you']))).toEqual([
      'abc',
      '10',
      'me',
      '10',
      'me',
      '10',
      'you',
    ]);
  });

  it('gives one string where there is nothing else', () => {
    expect(together(asks(['a'], ['b']))).toEqual(['ab']);
  });
});
