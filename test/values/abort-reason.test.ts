import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { abortError } from '../../src/values/abort-error.js';
import { abortReason } from '../../src/values/abort-reason.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** As older platforms and polyfills have it. */
function withoutReason(): AbortSignal {
  return Object.assign(new EventTarget(), { aborted: true }) as unknown as AbortSignal;
}

describe('abortReason', () => {
  it('is the reason of the signal, whatever that is', () => {
    const error = new Error('mine');
    expect(abortReason(AbortSignal.abort(error))).toBe(error);
    for (const reason of [null, 0, '', 'text']) expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
    expect(abortReason(AbortSignal.abort())).toMatchObject({ name: 'AbortError' });
  });

  it('is an AbortError, one for each signal, where there is none', () => {
    const signal = withoutReason();
    const reason = abortReason(signal);
    expect(reason).toBeInstanceOf(Error);
    expect(reason).toMatchObject({ name: 'AbortError' });
    expect(abortReason(signal)).toBe(reason);
    expect(abortReason(withoutReason())).not.toBe(reason);
  });

  it('is that of another realm as it is', () => {
    const reason: unknown = runInNewContext(`Object.assign(new Error('theirs'), { name: 'AbortError' })`);
    expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
  });
});

describe('abortError', () => {
  it('is a DOMException where there is one, else an error of the same name', () => {
    expect(abortError('over')).toBeInstanceOf(DOMException);
    vi.stubGlobal('DOMException', undefined);
    const error = abortError('over');
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, String(error)]).toEqual(['AbortError', 'over', 'AbortError: over']);
  });
});
