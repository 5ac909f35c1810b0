import { asyncScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocks } from '../../src/locks/create-locks.js';
import type { Locks } from '../../src/contract/locks.js';
import { ManualBackend } from '../support/manual-backend.js';
import { until } from '../support/poll.js';
import { setup } from '../support/virtual.js';

describe("real locks and a TestScheduler's run in which something throws", () => {
  let backend: ManualBackend;
  let locks: Locks;
  let log: string[];
  beforeEach(async () => {
    // The times of a run are past then.
    await until(() => performance.now() > 1500, 'a time that is later than that of any run');
    backend = new ManualBackend();
    backend.onAcquire = (call) => call.grant();
    locks = createLocks(backend, { random: () => 0 });
    log = [];
  });
  afterEach(() => locks.close());
  const take = (name: string, ttl: `${number}s`): void => {
    locks.lock$(name, ttl).subscribe({
      next: ({ type }) => log.push(`${name} ${type}`),
      error: () => undefined,
    });
  };
  const fail = (work: () => void): void => {
    expect(() => {
      new TestScheduler(() => undefined).run(work);
    }).toThrow('mine');
  };
  /** It throws while the timer for a lock is armed. */
  const failLater = (): void => {
    fail(() => {
      take('virtual', '1s');
      asyncScheduler.schedule(() => {
        throw new Error('mine');
      }, 100);
    });
  };
  const names = (): string[] => backend.releases.flatMap(({ args }) => args.grants.map(({ name }) => name));

  it('are given back though it threw before its end of the turn', async () => {
    fail(() => {
      locks.lock$('a', '10s').subscribe().unsubscribe();
      throw new Error('mine');
    });
    await until(() => names().length > 0, 'the release');
    locks.lock$('b', '10s').subscribe().unsubscribe();
    await until(() => names().length > 1, 'the other release');
    expect(names()).toEqual(['a', 'b']);
  });

  it('are watched as before, when it armed the timer for an earlier time', async () => {
    take('real', '2s');
    await Promise.resolve();
    failLater();
    await until(() => log.includes('real lost'), 'the loss');
    expect(log).toContain('virtual acquired');
  });

  it('are watched when they are taken after it', async () => {
    failLater();
    await Promise.resolve();
    take('real', '1s');
    await until(() => log.includes('real lost'), 'the loss');
    expect(log).toContain('virtual acquired');
  });
});

it('a lock is watched though its scheduler gave up the timer with all that was planned, once anything goes on', () => {
  const { backend, locks, time } = setup();
  backend.onAcquire = (call) => call.grant();
  const log: string[] = [];
  locks.lock$('a', '10s').subscribe(({ type }) => log.push(`${String(time.now())} ${type}`));
  time.schedule(() => {
    throw new Error('mine');
  }, 500);
  expect(() => {
    time.advance(500);
  }).toThrow('mine');
  locks.lock$('b', '10s').subscribe();
  time.advance(8000);
  expect(log.at(-1)).toBe('8000 lost');
});
