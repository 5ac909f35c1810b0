import { asyncScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { perRun } from '../../src/values/per-run.js';

describe('perRun', () => {
  const run = (work: () => void): void => {
    new TestScheduler(() => undefined).run(work);
  };

  it('makes one for each run, though one follows another at once', () => {
    const key = Symbol('one');
    const make = vi.fn(() => ({}));
    const seen: unknown[] = [];
    const look = (): void => void seen.push(perRun(key, make));
    const work = (): void => {
      look();
      asyncScheduler.schedule(look, 100);
    };
    run(work);
    run(work);
    expect(seen[0]).toBe(seen[1]);
    expect(seen[2]).toBe(seen[3]);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('forgets it when the run is over', async () => {
    const key = Symbol('two');
    const make = vi.fn(() => ({}));
    run(() => perRun(key, make));
    await Promise.resolve();
    expect((globalThis as Record<symbol, unknown>)[key]).toBeUndefined();
    run(() => perRun(key, make));
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('keeps several apart', () => {
    run(() => {
      expect(perRun(Symbol('a'), () => 'a')).toBe('a');
      expect(perRun(Symbol('b'), () => 'b')).toBe('b');
    });
  });
});
