import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf, HeldSum } from '../../src/native/held-sum.js';

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

/** As `docs/protocol.md` has it, on numbers without an end. */
function asThePageSays(of: number): number {
  const mask = 0xffffffffn;
  const mix = (word: bigint): bigint => {
    let x = word ^ (word >> 16n);
    x = (x * 0x7feb352dn) & mask;
    x ^= x >> 15n;
    x = (x * 0x846ca68bn) & mask;
    return x ^ (x >> 16n);
  };
  const wide = BigInt(of);
  return Number(mix((wide & mask) ^ mix(wide >> 32n)));
}

describe('hashOf', () => {
  it.each([
    [1, 1753845952],
    [2, 3507691905],
    [7, 2492178918],
    [2 ** 32 + 5, 3222836916],
    [2 ** 53 - 1, 3858369028],
  ])('of %d is %d, as the page says', (of, hash) => {
    expect(hashOf(of)).toBe(hash);
  });

  it('is what the page says for any id', () => {
    fc.assert(fc.property(id, (one) => hashOf(one) === asThePageSays(one)));
  });
});

describe('HeldSum', () => {
  it('is that of the example', () => {
    const sum = new HeldSum();
    for (const one of [7, 1, 2]) sum.add(one);
    expect(sum).toMatchObject({ count: 3, hash: 3458749479 });
  });

  it('says nothing about the order, and is nothing again when all are gone', () => {
    fc.assert(
      fc.property(fc.uniqueArray(id), (ids) => {
        const sum = new HeldSum();
        const other = new HeldSum();
        for (const one of ids) sum.add(one);
        for (const one of ids.toReversed()) other.add(one);
        expect(sum.equals(other)).toBe(true);
        for (const one of ids) sum.remove(one);
        expect(sum).toMatchObject({ count: 0, hash: 0 });
      }),
    );
  });

  it('differs where one lock is another', () => {
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 2 }), ([one = 0, two = 0, ...rest]) => {
        const [sum, other] = [new HeldSum(), new HeldSum()];
        for (const all of rest) {
          sum.add(all);
          other.add(all);
        }
        sum.add(one);
        other.add(two);
        expect(sum.equals(other)).toBe(hashOf(one) === hashOf(two));
      }),
    );
  });
});
