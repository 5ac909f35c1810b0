import { expect, it } from 'vitest';
import { dflockd } from '../../../src/backends/dflockd/index.browser.js';
import { LockConfigError } from '../../../src/contract/errors.js';

it('dflockd in a browser says at once that it cannot be', () => {
  expect(() => dflockd({ host: 'locks.example' })).toThrow(LockConfigError);
  expect(() => dflockd()).toThrow('browsers');
});
