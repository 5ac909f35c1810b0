import { describe, expect, it } from 'vitest';
import { anySignal } from '../../src/values/any-signal.js';

describe('anySignal', () => {
  it('aborts with the first, with its reason, and never again', () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const any = anySignal([a.signal, b.signal]);
    expect(any.aborted).toBe(false);
    b.abort('b');
    a.abort('a');
    expect(any.reason).toBe('b');
  });

  it('is aborted from the start if one of them is', () => {
    const open = new AbortController();
    const any = anySignal([open.signal, AbortSignal.abort('over')]);
    expect(any.reason).toBe('over');
    open.abort('later');
    expect(any.reason).toBe('over');
  });
});
