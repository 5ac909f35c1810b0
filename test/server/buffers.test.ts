import { describe, expect, it } from 'vitest';
import { Buffers, type Buffered } from '../../src/server/buffers.js';

function setUp(max: number) {
  const buffers = new Buffers(max);
  const cut: string[] = [];
  const one = (name: string): Buffered => ({ buffered: 0, cut: () => void cut.push(name) });
  return { buffers, cut, one };
}

describe('Buffers', () => {
  it('leave everybody alone as long as all together are within the bound', () => {
    const { buffers, cut, one } = setUp(100);
    const [a, b] = [one('a'), one('b')];
    buffers.set(a, 60);
    buffers.set(b, 40);
    buffers.set(a, 50);
    expect(buffers.relieve()).toBe(false);
    expect(cut).toEqual([]);
  });

  it('give up those who keep the most, and no others', () => {
    const { buffers, cut, one } = setUp(100);
    const all = [10, 40, 5, 50].map((bytes, index) => {
      const keeping = one(String(index));
      buffers.set(keeping, bytes);
      return keeping;
    });
    expect(buffers.relieve()).toBe(true);
    expect(cut).toEqual(['3']);
    expect(all.map(({ buffered }) => buffered)).toEqual([10, 40, 5, 0]);
    expect(buffers.relieve()).toBe(false);
  });
});
