import { asyncScheduler, NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LockClosedError, LockConfigError } from '../../src/contract/errors.js';
import type { Runtime } from '../../src/contract/time.js';
import { systemClock } from '../../src/values/system-clock.js';
import { ServiceLife, type ServiceLifeOptions } from '../../src/values/service-life.js';

const runtime: Runtime = { clock: systemClock(), scheduler: asyncScheduler, random: Math.random };

function make(more: Partial<ServiceLifeOptions<string>> = {}): ServiceLife<string> {
  return new ServiceLife({
    maker: 'something',
    start: () => 'working',
    end: () => Promise.resolve(),
    closedError: () => new LockClosedError('it was closed'),
    ...more,
  });
}

describe('ServiceLife', () => {
  it('starts with the first that opens it, once', () => {
    let starts = 0;
    const life = make({ start: () => `working ${String(++starts)}` });
    expect([life.open(runtime), life.open({ ...runtime }), life.working]).toEqual(Array(3).fill('working 1'));
  });

  it('refuses another clock', () => {
    const life = make();
    life.open(runtime);
    expect(() => life.open({ ...runtime, clock: { ...systemClock() } })).toThrow(LockConfigError);
  });

  it('is of no use before it is opened, unless it has a time of its own', () => {
    expect(() => make().working).toThrow('something() is a backend: give it to createLocks()');
    expect(make({ runtime }).working).toBe('working');
  });

  it.each([
    ['that was opened', (life: ServiceLife<string>) => void life.open(runtime)],
    ['that never was', () => undefined],
  ])('stays closed: one %s', async (_, prepare) => {
    const life = make({ runtime });
    prepare(life);
    await life.close();
    expect(life.isClosed).toBe(true);
    expect(() => life.open(runtime)).toThrow(LockClosedError);
    expect(() => life.working).toThrow(LockClosedError);
  });

  it('ends what is asked for nobody, and leaves the locks to what works', async () => {
    const life = make();
    life.open(runtime);
    const ends: unknown[] = [];
    life.whileOpen(() => NEVER).subscribe({ error: (error: unknown) => ends.push(error) });
    await life.close();
    life.whileOpen(() => of(1)).subscribe({ error: (error: unknown) => ends.push(error) });
    expect(ends).toEqual([expect.any(LockClosedError), expect.any(LockClosedError)]);
    life.use((working) => of(working)).subscribe((working) => ends.push(working));
    expect(ends[2]).toBe('working');
  });

  it('is ended once, whoever closes it meanwhile', async () => {
    const ended: (string | undefined)[] = [];
    let again: Promise<void> | undefined;
    const life: ServiceLife<string> = make({
      end: (working) => {
        ended.push(working);
        again = life.close();
        return Promise.resolve();
      },
    });
    life.open(runtime);
    const closing = life.close();
    expect(again).toBe(closing);
    await closing;
    expect(ended).toEqual(['working']);
  });

  it('tells that its end went wrong, also if it throws', async () => {
    const fail = (): never => {
      throw new Error('mine');
    };
    await expect(make({ end: fail }).close()).rejects.toThrow('mine');
  });
});
