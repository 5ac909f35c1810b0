import { describe, expect, it } from 'vitest';
import { LockConfigError, LockValidationError } from '../../src/contract/errors.js';
import { resolveThreadSettings } from '../../src/threaded/main/thread-settings.js';
import { workerFile } from '../../src/threaded/main/worker-file.js';
import type { ThreadedOptions } from '../../src/threaded/index.js';

const GOOD: ThreadedOptions = { module: 'rxlock/octostore', export: 'octostore' };

/** What is thrown. */
function failure(options: object): unknown {
  try {
    return resolveThreadSettings({ ...GOOD, ...options });
  } catch (error) {
    return error;
  }
}

describe('the options of threaded', () => {
  it('have defaults', () => {
    expect(resolveThreadSettings(GOOD)).toEqual({
      module: 'rxlock/octostore',
      export: 'octostore',
      args: [],
      execArgv: [],
      stallLimit: undefined,
      worker: undefined,
    });
  });

  it('take the address of a module', () => {
    const module = new URL('file:///srv/locks.js');
    expect(resolveThreadSettings({ ...GOOD, module, stallLimit: '90s' })).toMatchObject({
      module: 'file:///srv/locks.js',
      stallLimit: 90_000,
    });
  });

  it.each([
    ['module', { module: '' }],
    ['module', { module: 7 }],
    ['module', { module: './locks.js' }],
    ['export', { export: undefined }],
    ['args', { args: 'octostore' }],
    ['stallLimit', { stallLimit: 'soon' }],
    ['execArgv', { execArgv: [7] }],
    ['worker', { worker: 7 }],
    ['stalLimit', { stalLimit: '1s' }],
  ])('are refused by name: %s', (option, options) => {
    const error = failure(options);
    expect(error).toBeInstanceOf(LockValidationError);
    expect(error).toMatchObject({ option });
  });

  it('must be data, and what is not is named and not shown', () => {
    const error = failure({ args: [{ token: () => 'secret-1', baseUrl: 'https://secret-2' }] });
    expect(error).toBeInstanceOf(LockConfigError);
    expect(error).toMatchObject({ option: 'args[0].token' });
    expect((error as Error).cause).toBeUndefined();
    expect((error as Error).message).toContain('args[0].token is of type function');
    expect((error as Error).message).not.toContain('secret');
  });

  it('may go round in a circle', () => {
    const circle: { self?: object; bad?: unknown } = {};
    circle.self = circle;
    expect(failure({ args: [circle] })).not.toBeInstanceOf(Error);
    circle.bad = Symbol('no');
    expect(failure({ args: [circle] })).toMatchObject({ option: 'args[0].bad' });
  });
});

describe("the worker's file", () => {
  it('is where the user says', () => {
    expect(workerFile(import.meta.url).href).toBe(import.meta.url);
    expect(workerFile(new URL(import.meta.url)).href).toBe(import.meta.url);
    expect(workerFile('package.json').pathname).toMatch(/\/package.json$/);
  });

  it('is asked for where it is not', () => {
    // The sources have none beside them, as a bundle has not.
    expect(() => workerFile(undefined)).toThrow(/leave rxlock out of the bundle/);
    expect(() => workerFile('/nowhere/worker.js')).toThrow(LockConfigError);
    expect(() => workerFile('data:text/javascript,1')).toThrow(LockConfigError);
  });
});
