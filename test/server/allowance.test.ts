import { describe, expect, it } from 'vitest';
import { Allowance } from '../../src/server/allowance.js';

describe('Allowance', () => {
  it('gives what is for a second at once, and then as fast as that', () => {
    let now = 5000;
    const allowance = new Allowance(4, () => now);
    const many = (): number => {
      let taken = 0;
      while (allowance.take()) taken++;
      return taken;
    };
    expect(many()).toBe(4);
    expect(allowance.wait()).toBe(250);
    now += 249;
    expect(many()).toBe(0);
    now += 1;
    expect(allowance.wait()).toBe(0);
    expect(many()).toBe(1);
    now += 60_000;
    expect(many()).toBe(4);
  });

  it('gives several at once, or none of them', () => {
    const allowance = new Allowance(4, () => 0);
    expect([allowance.take(3), allowance.take(2), allowance.take(1), allowance.take(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('gives any number where there is no limit', () => {
    const allowance = new Allowance(Infinity, () => 0);
    expect([allowance.take(1e12), allowance.take(1e12), allowance.wait(1e12)]).toEqual([true, true, 0]);
  });
});
