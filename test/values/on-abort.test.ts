import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onAbort } from '../../src/values/on-abort.js';
import { createLocks, memory } from '../../src/index.js';

describe('onAbort', () => {
  it('has one listener for all who wait, and none when they have left', () => {
    const { signal } = new AbortController();
    const leave = [1, 2, 3].map(() => onAbort(signal, () => undefined));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const one of leave) one();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    leave[0]!();
    onAbort(signal, () => undefined);
    leave[1]!();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });

  it('tells each once, but nobody who has left, be it meanwhile', () => {
    const controller = new AbortController();
    const told: string[] = [];
    onAbort(controller.signal, () => {
      told.push('a');
      leave();
    });
    const leave = onAbort(controller.signal, () => told.push('b'));
    onAbort(controller.signal, () => told.push('c'));
    controller.abort();
    controller.signal.dispatchEvent(new Event('abort'));
    expect(told).toEqual(['a', 'c']);
  });

  it('hears of signals whose listeners are called with another `this`, or none, as of wrappers', () => {
    const told: string[] = [];
    const listeners: (() => void)[] = [];
    const wrapper = {
      aborted: false,
      addEventListener: (_: string, listener: () => void) => listeners.push(listener),
      removeEventListener: () => undefined,
    } as unknown as AbortSignal;
    onAbort(wrapper, () => told.push('a'));
    onAbort(wrapper, () => told.push('b'));
    for (const listener of [...listeners, ...listeners]) listener();
    expect(told).toEqual(['a', 'b']);
  });

  it('lets a hundred locks share a signal without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on('warning', note);
    await using locks = createLocks(memory());
    const other = await locks.acquire('a', '30s');
    const controller = new AbortController();
    const waits = Array.from({ length: 100 }, () => locks.acquire('a', '30s', { signal: controller.signal }));
    controller.abort(new Error('enough'));
    const ends = await Promise.allSettled(waits);
    expect(new Set(ends.map((end) => (end.status === 'rejected' ? (end.reason as Error).message : 'granted')))).toEqual(
      new Set(['enough']),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
    process.off('warning', note);
    await other.release();
  });
});
