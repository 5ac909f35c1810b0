import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callBack } from '../../../../src/compat/dflockd/signals/call-back.js';

const unshowable = {
  toString(): string {
    throw new Error('it does not want to be seen');
  },
};
class Shy extends Error {
  override get stack(): string {
    throw new Error('it does not want to be seen');
  }
}

describe('callBack', () => {
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  beforeEach(() => {
    warnings.length = 0;
    process.on('warning', hear);
  });
  afterEach(() => {
    process.off('warning', hear);
  });

  it.each([
    ['an error', new Error('of the user'), 'it failed: Error: of the user'],
    ['an object without a prototype', Object.create(null), 'it failed: with what cannot be shown'],
    ['what throws when it is shown', unshowable, 'it failed: with what cannot be shown'],
    ['an error whose stack throws', new Shy('shy'), 'it failed: Error: shy'],
    ['an error whose stack is none', Object.assign(new Error('odd'), { stack: 7 }), 'it failed: Error: odd'],
    ['null', null, 'it failed: null'],
    ['a symbol', Symbol('s'), 'it failed: Symbol(s)'],
  ])('warns of %s that is thrown or rejected with', async (_what, thrown: unknown, message) => {
    callBack('it', () => {
      throw thrown;
    });
    callBack('it', () => Promise.reject(thrown));
    callBack('it', () => ({
      get then(): never {
        throw thrown;
      },
    }));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(warnings.map((warning) => warning.message)).toEqual([message, message, message]);
    expect(warnings.map((warning) => warning.name)).toEqual(Array(3).fill('RxLockWarning'));
  });
});
