import { afterEach, describe, expect, it, vi } from 'vitest';
import { warn } from '../../src/values/warn.js';

describe('warn', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('is a warning of the process', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    warn('something', 'RXLOCK_SELF');
    expect(emit).toHaveBeenCalledWith('something', 'RxLockWarning', 'RXLOCK_SELF');
  });

  it.each([
    ['no process', undefined],
    ["a bundler's process", { env: {} }],
  ])('is on the console where there is %s', (_, process) => {
    const write = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    vi.stubGlobal('process', process);
    warn('something', 'RXLOCK_SELF');
    expect(write).toHaveBeenCalledWith('rxlock: something');
  });
});
