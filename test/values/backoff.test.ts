import { defer, of, repeat, retry, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { backoff, type BackoffOptions } from '../../src/values/backoff.js';
import { MAX_DEMAND } from '../../src/values/demanded.js';
import {
  LockAuthenticationError,
  LockCapacityError,
  LockHeldError,
  LockValidationError,
} from '../../src/contract/errors.js';
import { resolveRetry } from '../../src/values/retry-policy.js';
import { Time } from '../support/virtual.js';

/** When a source that always fails is subscribed to, within a time. */
function attempts(options: BackoffOptions, error: unknown = new LockHeldError('held'), within = 1000) {
  const time = new Time();
  const at: number[] = [];
  let failure: unknown;
  const source$ = defer(() => {
    at.push(time.now());
    return throwError(() => error);
  });
  source$.pipe(retry({ delay: backoff({ scheduler: time, ...options }) })).subscribe({
    error: (thrown: unknown) => {
      failure = thrown;
    },
  });
  time.advance(within);
  return { at, failure };
}

describe('backoff', () => {
  it('doubles its delay up to a maximum', () => {
    const { at } = attempts({ initial: '50ms', max: '200ms', jitter: 'none' });
    expect(at).toEqual([0, 50, 150, 350, 550, 750, 950]);
  });

  it('has the defaults of a lock: 50ms, 5s, doubled, a random part of it', () => {
    expect(attempts({ random: () => 0.999999 }, undefined, 60_000).at.slice(0, 10)).toEqual([
      0, 50, 150, 350, 750, 1550, 3150, 6350, 11_350, 16_350,
    ]);
    expect(attempts({ random: () => 0.5 }).at.slice(0, 4)).toEqual([0, 25, 75, 175]);
  });

  it('never makes a busy loop, whatever chance says', () => {
    expect(attempts({ random: () => 0 }, undefined, 10).at).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('grows by its factor', () => {
    expect(attempts({ initial: 10, factor: 3, jitter: 'none' }, undefined, 200).at).toEqual([0, 10, 40, 130]);
    expect(attempts({ initial: 100, factor: 1, jitter: 'none' }, undefined, 300).at).toEqual([0, 100, 200, 300]);
  });

  it('gives up after count retries, with the last error', () => {
    const error = new LockHeldError('held');
    const { at, failure } = attempts({ initial: 10, jitter: 'none', count: 2 }, error);
    expect(at).toEqual([0, 10, 30]);
    expect(failure).toBe(error);
    expect(attempts({ count: 0 }).at).toEqual([0]);
  });

  it('survives any number of retries', () => {
    const delay = (attempt: number, initial: number): number =>
      resolveRetry({ initial, jitter: 'none' }).delay(attempt, () => 0);
    expect(delay(5000, 50)).toBe(5000);
    expect(delay(5000, 0)).toBe(0);
  });

  it('rethrows at once what no retry can mend', () => {
    const error = new LockAuthenticationError('who are you?');
    expect(attempts({}, error)).toEqual({ at: [0], failure: error });
  });

  it('tries again after errors that are not ours', () => {
    expect(attempts({ initial: 400, jitter: 'none', max: 400 }, new Error('x')).at).toEqual([0, 400, 800]);
    expect(attempts({ initial: 400, jitter: 'none', max: 400 }, undefined).at).toEqual([0, 400, 800]);
    expect(attempts({ initial: 400, jitter: 'none', max: 400 }, null).at).toEqual([0, 400, 800]);
  });

  it('never shortens a retryAfter, and does not lengthen its own delay by it', () => {
    expect(
      attempts({ initial: 10, max: 10, jitter: 'none' }, new LockCapacityError('', { retryAfter: 400 })).at,
    ).toEqual([0, 400, 800]);
    expect(
      attempts({ initial: 400, max: 400, jitter: 'none' }, new LockCapacityError('', { retryAfter: 10 })).at,
    ).toEqual([0, 400, 800]);
  });

  it.each(['soon', Number.NaN, -5, {}, null])('is not put off by a retryAfter that is none: %s', (retryAfter) => {
    const error = Object.assign(new Error('x'), { retryAfter });
    expect(attempts({ initial: 400, max: 400, jitter: 'none' }, error).at).toEqual([0, 400, 800]);
  });

  it('waits for an hour at most, whatever is demanded', () => {
    const time = new Time();
    let fired = false;
    backoff({ scheduler: time })(new LockCapacityError('', { retryAfter: 1e12 }), 1).subscribe(() => {
      fired = true;
    });
    expect(time.actions[0]!.delay).toBe(MAX_DEMAND);
    expect(fired).toBe(false);
  });

  it('serves repeat: its delay counts from the first repetition, and count ends it', () => {
    const time = new Time();
    const at: number[] = [];
    let completed = false;
    defer(() => of(time.now()))
      .pipe(repeat({ delay: backoff({ scheduler: time, initial: 10, jitter: 'none', count: 3 }) }))
      .subscribe({
        next: (now) => at.push(now),
        complete: () => {
          completed = true;
        },
      });
    time.advance(1000);
    expect(at).toEqual([0, 10, 30, 70]);
    expect(completed).toBe(true);
  });

  it('emits 0, once', () => {
    const time = new Time();
    const seen: unknown[] = [];
    backoff({ scheduler: time })(1).subscribe({
      next: (value) => seen.push(value),
      complete: () => seen.push('complete'),
    });
    time.advance(5000);
    expect(seen).toEqual([0, 'complete']);
  });

  it.each([
    [{ initial: 'soon' }, 'initial'],
    [{ max: -1 }, 'max'],
    [{ initial: '6s' }, 'initial'],
    [{ factor: 0.5 }, 'factor'],
    [{ factor: Number.NaN }, 'factor'],
    [{ factor: Infinity }, 'factor'],
    [{ jitter: 'some' }, 'jitter'],
    [{ count: -1 }, 'count'],
    [{ count: Number.NaN }, 'count'],
  ])('refuses %j at the call, naming the option', (options, option) => {
    let error: unknown;
    try {
      backoff(options as BackoffOptions);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(LockValidationError);
    expect(error).toMatchObject({ option });
    expect((error as Error).message).toContain(option);
  });
});
