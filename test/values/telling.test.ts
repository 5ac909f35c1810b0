import { config } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { Telling } from '../../src/values/telling.js';

describe('Telling', () => {
  afterEach(() => {
    config.onUnhandledError = null;
  });

  it('tells at once', () => {
    const told: number[] = [];
    const telling = new Telling<number>((item) => told.push(item));
    telling.tell(1);
    expect(told).toStrictEqual([1]);
    telling.tell(2);
    expect(told).toStrictEqual([1, 2]);
  });

  it('tells what is told while telling after it, in order, before it returns', () => {
    const first: number[] = [];
    const last: number[] = [];
    const telling = new Telling<number>((item) => {
      first.push(item);
      if (item === 1) [2, 3].forEach((next) => telling.tell(next));
      if (item === 2) telling.tell(4);
      last.push(item);
    });
    telling.tell(1);
    expect(first).toStrictEqual([1, 2, 3, 4]);
    expect(last).toStrictEqual([1, 2, 3, 4]);
    telling.tell(5);
    expect(last).toStrictEqual([1, 2, 3, 4, 5]);
  });

  it('goes on when somebody throws, and reports that', async () => {
    const told: number[] = [];
    const reported = new Promise((resolve) => (config.onUnhandledError = resolve));
    const telling = new Telling<number>((item) => {
      if (item < 3) telling.tell(item + 1);
      told.push(item);
      if (item === 2) throw new Error('two');
    });
    telling.tell(1);
    telling.tell(10);
    expect(told).toStrictEqual([1, 2, 3, 10]);
    await expect(reported).resolves.toStrictEqual(new Error('two'));
  });

  it('takes a long chain of them without filling the stack', () => {
    let told = 0;
    const telling = new Telling<number>((item) => {
      told++;
      if (item > 0) telling.tell(item - 1);
    });
    telling.tell(100_000);
    expect(told).toBe(100_001);
  });

  it('tells after something was done, and what comes of that after it', () => {
    const told: number[] = [];
    const telling = new Telling<number>((item) => {
      told.push(item);
      if (item === 0) telling.tell(1);
      if (item === 0) {
        telling.tell(2, () => {
          telling.tell(3);
        });
      }
    });
    telling.tell(7, () => {
      telling.tell(8);
      telling.tell(9, () => {
        telling.tell(10);
      });
    });
    expect(told).toStrictEqual([7, 8, 9, 10]);
    told.length = 0;
    telling.tell(0);
    telling.tell(4);
    expect(told).toStrictEqual([0, 1, 2, 3, 4]);
  });
});
