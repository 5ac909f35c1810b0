import { asapScheduler, NEVER, repeat } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import { LockCapacityError, LockNetworkError } from '../../src/contract/errors.js';
import type { Departure } from '../../src/keeping/release-batch.js';
import { Releases } from '../../src/keeping/releases.js';
import type { Lease, LockEvent, LocksEvent } from '../../src/contract/lease.js';
import { ManualBackend } from '../support/manual-backend.js';
import { until } from '../support/poll.js';
import { record, setup, Time } from '../support/virtual.js';

function releasing() {
  const time = new Time();
  const backend = new ManualBackend();
  backend.onRelease = undefined;
  const runtime = { clock: schedulerClock(time), scheduler: time, random: () => 0 };
  backend.open(runtime);
  const log: string[] = [];
  const turn = vi.fn();
  const releases = new Releases(runtime, backend, turn, () => {
    log.push(`${String(time.now())} idle`);
  });
  function leave(name: string, keepFor = 0, ttl = 30_000): Departure {
    const note = (what: string) => (): void => {
      log.push(`${String(time.now())} ${name} ${what}`);
    };
    const departure: Departure = {
      name,
      keepFor,
      ttl,
      grant: { name },
      slow: note('slow'),
      answered: (outcome, cause) => {
        note(cause === undefined ? outcome : `${outcome}: ${(cause as Error).message}`)();
      },
    };
    releases.push(departure);
    return departure;
  }
  const names = (): string[][] => backend.releases.map(({ args }) => args.grants.map(({ name }) => name));
  return { time, backend, releases, log, turn, leave, names };
}

describe('Releases', () => {
  it('asks for the end of the turn, and sends one batch then', () => {
    const { backend, releases, turn, leave, names } = releasing();
    leave('a', 5);
    leave('b');
    leave('a');
    expect(turn).toHaveBeenCalled();
    expect(backend.releases).toHaveLength(0);
    releases.flush();
    releases.flush();
    expect(names()).toEqual([['a', 'a', 'b']]);
    expect(backend.releases[0]!.args.keepFor.toSorted()).toEqual([0, 0, 5]);
  });

  it('hastens what has the name that is asked for, all of it and nothing else', () => {
    const { releases, leave, names } = releasing();
    leave('a');
    leave('b');
    leave('a');
    releases.hasten('c');
    expect(names()).toEqual([]);
    releases.hasten('a');
    releases.hasten('a');
    expect(names()).toEqual([['a', 'a']]);
    releases.flush();
    expect(names()).toEqual([['a', 'a'], ['b']]);
  });

  it('counts what is not answered, and says when nothing is left', () => {
    const { backend, releases, log, leave } = releasing();
    leave('a');
    leave('b');
    expect(releases.size).toBe(2);
    releases.flush();
    const [call] = backend.releases;
    call!.next({ index: 1, outcome: 'gone' });
    expect(releases.size).toBe(1);
    call!.next({ index: 0, outcome: 'released' });
    expect(log).toEqual(['0 a slow', '0 b slow', '0 b gone', '0 a released', '0 idle']);
    call!.done();
    expect(log).toHaveLength(5);
  });

  it('takes one answer for each member', () => {
    const { backend, releases, log, leave } = releasing();
    leave('a');
    releases.flush();
    backend.releases[0]!.done(
      { index: 0, outcome: 'released' },
      { index: 0, outcome: 'gone' },
      { index: 3, outcome: 'gone' },
    );
    expect(log).toEqual(['0 a slow', '0 a released', '0 idle']);
    expect(releases.size).toBe(0);
  });

  it('does not try again before the service wants to hear of it', () => {
    const { time, backend, releases, log, leave } = releasing();
    leave('a');
    releases.flush();
    const cause = new LockCapacityError('slow down', { retryAfter: 3000 });
    backend.releases[0]!.done({ index: 0, outcome: 'unknown', cause });
    time.advance(2999);
    expect(backend.releases).toHaveLength(1);
    time.advance(1);
    expect(backend.releases).toHaveLength(2);
    const never = new LockCapacityError('slow down', { retryAfter: 60_000 });
    backend.releases[1]!.done({ index: 0, outcome: 'unknown', cause: never });
    expect(log.at(-1)).toBe('3000 idle');
    expect(log.at(-2)).toBe('3000 a unknown: slow down');
  });

  it('tries again though an error of another package has a date under the name of a demand', () => {
    const { time, backend, releases, leave } = releasing();
    leave('a');
    releases.flush();
    backend.releases[0]!.fail(Object.assign(new Error('theirs'), { retryAfter: 1e12 }));
    time.advance(99);
    expect(backend.releases).toHaveLength(1);
    time.advance(1);
    expect(backend.releases).toHaveLength(2);
  });

  it('tries again a batch of any size', () => {
    const { time, backend, releases, leave } = releasing();
    for (let i = 0; i < 200_000; i++) leave(String(i));
    releases.flush();
    backend.releases[0]!.fail(new LockCapacityError('slow down', { retryAfter: 3000 }));
    time.advance(2999);
    expect(backend.releases).toHaveLength(1);
    time.advance(1);
    expect(backend.releases[1]!.args.grants).toHaveLength(200_000);
  });

  it('tells nobody of slowness when the answer comes at once', () => {
    const { backend, releases, log, leave } = releasing();
    backend.onRelease = (call) => {
      call.confirm();
    };
    leave('a');
    releases.flush();
    expect(log).toEqual(['0 a released', '0 idle']);
  });

  it('tries what is unknown again, only that, with growing pauses', () => {
    const { time, backend, releases, leave, names } = releasing();
    leave('b');
    leave('a');
    releases.flush();
    backend.onRelease = (call) => {
      call.fail(new LockNetworkError('down'));
    };
    backend.releases[0]!.done({ index: 0, outcome: 'released' });
    time.advance(800);
    expect(names()).toEqual([['b', 'a'], ['a'], ['a'], ['a']]);
    expect(backend.releases.map(({ at }) => at)).toEqual([0, 100, 300, 700]);
  });

  it('gives up after ten seconds, telling why, and sends nothing after that', () => {
    const { time, backend, releases, log, leave } = releasing();
    leave('a');
    backend.onRelease = (call) => {
      call.fail(new LockNetworkError('down'));
    };
    releases.flush();
    time.advance(10_000);
    const sent = backend.releases.length;
    expect(log.slice(-2).map((line) => line.replace(/^\d+ /, ''))).toEqual(['a unknown: down', 'idle']);
    time.advance(60_000);
    expect(backend.releases).toHaveLength(sent);
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });

  it('gives up on a service that never answers after ten seconds in all, retries included', () => {
    const { time, backend, releases, log, leave } = releasing();
    leave('a');
    releases.flush();
    time.advance(5000);
    backend.releases[0]!.fail(new LockNetworkError('reset'));
    time.advance(5000);
    expect(log.at(-1)).toBe('10000 idle');
    expect(log.at(-2)).toBe('10000 a unknown');
    expect(backend.releases.map(({ open }) => open)).toEqual([false, false]);
    time.advance(60_000);
    expect(backend.releases).toHaveLength(2);
  });

  it('gives up when the lock has run out by itself, however long that is before ten seconds', () => {
    const { time, backend, releases, log, leave } = releasing();
    leave('a', 0, 1500);
    leave('b', 0, 2000);
    releases.flush();
    backend.releases[0]!.next({ index: 1, outcome: 'released' });
    time.advance(1999);
    expect(log.at(-1)).toBe('0 b released');
    time.advance(1);
    expect(log.slice(-2)).toEqual(['2000 a unknown', '2000 idle']);
    expect(backend.releases.map(({ open }) => open)).toEqual([false]);
    leave('c', 0, 2000);
    backend.onRelease = (call) => {
      call.fail(new LockCapacityError('slow down', { retryAfter: 3000 }));
    };
    releases.flush();
    expect(log.slice(-2)).toEqual(['2000 c unknown: slow down', '2000 idle']);
  });

  it('tells of slowness when the first answer was none', () => {
    const { time, backend, releases, log, leave } = releasing();
    leave('a');
    backend.onRelease = (call) => {
      call.confirm('unknown');
    };
    releases.flush();
    time.advance(100);
    expect(log[0]).toBe('0 a slow');
  });
});

describe('the release of a lease (rules 6 and 7)', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  function held(lockOptions: object = {}, features: object = {}) {
    const all = setup({}, features);
    let lease: Lease | undefined;
    const events: LocksEvent[] = [];
    all.locks.events$.subscribe((event) => events.push(event));
    const subscription = all.locks.lock$('a', '10s', lockOptions).subscribe((event) => {
      if (event.type === 'acquired') lease = event.lease;
    });
    const grant = all.backend.acquired[0]!.grant();
    return { ...all, lease: lease!, subscription, grant, events };
  }

  async function settled(promise: Promise<unknown>): Promise<boolean> {
    let done = false;
    void promise.then(() => {
      done = true;
    });
    for (let i = 0; i < 5; i++) await Promise.resolve();
    return done;
  }

  it.each([
    ['hangs', undefined],
    ['knows nothing', (call: { confirm(outcome: 'unknown'): void }) => call.confirm('unknown')],
  ])('lets its caller go after a second when the service %s', async (_, onRelease) => {
    const { backend, lease, time } = held();
    backend.onRelease = onRelease;
    const released = lease.release();
    time.advance(999);
    expect(await settled(released)).toBe(false);
    time.advance(1);
    expect(await settled(released)).toBe(true);
    expect(backend.releases.length).toBeGreaterThan(0);
  });

  it('lets go a caller who asks when it is on its way already', async () => {
    const { backend, lease, subscription, time } = held();
    backend.onRelease = undefined;
    subscription.unsubscribe();
    time.advance(500);
    const released = lease.release();
    time.advance(1000);
    expect(await settled(released)).toBe(true);
    backend.releases[0]!.confirm();
    time.turn();
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });

  it('lets go a caller whose lock stays taken for minHold', async () => {
    const { backend, lease, time } = held({ minHold: '60s' });
    const released = lease.release();
    time.advance(1000);
    expect(await settled(released)).toBe(true);
    expect(backend.releases).toHaveLength(0);
  });

  it('is the same promise for all callers, and done at once for a lease that is over', async () => {
    const { lease, time, subscription } = held();
    subscription.unsubscribe();
    time.turn();
    expect(lease.release()).toBe(lease.release());
    expect(await settled(lease.release())).toBe(true);
  });

  it('is the same promise while it is on its way', async () => {
    const { lease, time } = held();
    const released = lease.release();
    expect(lease.release()).toBe(released);
    time.turn();
    expect(await settled(released)).toBe(true);
  });

  it('never rejects', async () => {
    const { backend, lease, time } = held();
    backend.onRelease = (call) => {
      call.fail(new Error('broken'));
    };
    const released = lease.release();
    time.advance(20_000);
    await expect(released).resolves.toBeUndefined();
  });

  it('is by grant, with the rest of minHold where the service can keep it', () => {
    const { backend, grant, lease, time } = held({ minHold: '5s' }, { minHold: true });
    time.advance(1200);
    void lease.release();
    time.turn();
    expect(backend.releases[0]!.args).toEqual({ grants: [grant], keepFor: [3800] });
  });

  it('keeps minHold also when the lock expired', () => {
    const service = held({ minHold: '60s' }, { minHold: true });
    service.time.advance(8000);
    expect(service.backend.releases[0]!.args.keepFor).toEqual([52_000]);
    const core = held({ minHold: '60s' });
    core.time.advance(20_000);
    expect(core.backend.releases).toHaveLength(0);
    expect(core.time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });

  it('keeps minHold of a lock that is not renewed', () => {
    const { backend, time, subscription } = held({ minHold: '30s', renew: false });
    backend.onRenew = (call) => {
      call.confirm();
    };
    time.advance(1000);
    subscription.unsubscribe();
    time.advance(28_999);
    expect(backend.releases).toHaveLength(0);
    time.advance(1);
    expect(backend.releases).toHaveLength(1);
  });

  it('of an expired lock comes before it is asked for again', () => {
    const { backend, time } = held({ onLost: 'reacquire' });
    const order: string[] = [];
    backend.onAcquire = () => order.push('acquire');
    backend.onRelease = (call) => {
      order.push('release');
      call.confirm();
    };
    time.advance(8000);
    expect(order).toEqual(['release', 'acquire']);
  });

  it('comes before a repeat asks for it again', () => {
    const { backend, locks, time } = setup();
    const order: string[] = [];
    backend.onAcquire = (call) => {
      order.push('acquire');
      call.grant();
    };
    backend.onRelease = (call) => {
      order.push('release');
      call.confirm();
    };
    const subscription = locks.lock$('a', '10s', { maxHold: '1s' }).pipe(repeat()).subscribe();
    time.advance(2000);
    subscription.unsubscribe();
    expect(order).toEqual(['acquire', 'release', 'acquire', 'release', 'acquire']);
  });

  it('tells the answer of a grant that nobody waited for', () => {
    const { backend, locks, time } = setup();
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    locks.lock$('a', '10s').subscribe().unsubscribe();
    backend.onRelease = (call) => {
      call.confirm('gone');
    };
    backend.acquired[0]!.args.stray({ name: 'a' });
    time.advance(5);
    expect(events.slice(2)).toMatchObject([{ type: 'release', name: 'a', outcome: 'gone' }]);
  });

  it('is not sent for a lock that the service took away', () => {
    for (const reason of ['revoked', 'session', 'connection'] as const) {
      const { backend, grant, time, lease } = held();
      backend.revoked$.next({ grants: [grant], reason });
      void lease.release();
      time.advance(20_000);
      expect(backend.releases).toHaveLength(0);
    }
  });

  it('happens in real time, too, when another action of the turn throws', async () => {
    const locks = createLocks(memory());
    const unhandled: unknown[] = [];
    // RxJS runs the actions of asapScheduler in a promise that nobody awaits.
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (error) => unhandled.push(error));
    try {
      const [a, b] = await Promise.all([locks.acquire('a', '10s'), locks.acquire('b', '10s')]);
      await locks.ping();
      asapScheduler.schedule(() => {
        throw new Error('mine');
      });
      void a.release();
      await until(() => unhandled.length > 0, 'the error');
      // The planned turn was dropped with it; the next one does its work.
      await b.release();
      await until(async () => (await locks.status('a')).status === 'free', 'the release');
      expect(unhandled).toMatchObject([{ message: 'mine' }]);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
      await locks.close();
    }
  });

  it('does not wait for a stream that never ends', () => {
    const { locks, backend, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    const subscription = locks.lock$('a', '10s', { until: NEVER }).subscribe(observer);
    backend.acquired[0]!.grant();
    subscription.unsubscribe();
    time.turn();
    expect(log).toEqual(['0 acquired']);
    expect(backend.releases).toHaveLength(1);
  });

  it('happens, once, though a scheduler of virtual time gives up the rest of a turn in which something throws', () => {
    const { backend, locks, time } = setup();
    backend.onAcquire = (call) => call.grant();
    time.schedule(() => {
      throw new Error('mine');
    });
    locks.lock$('a', '10s').subscribe().unsubscribe();
    expect(() => {
      time.turn();
    }).toThrow('mine');
    locks.lock$('b', '10s').subscribe().unsubscribe();
    time.turn();
    expect(backend.releases.flatMap(({ args }) => args.grants.map(({ name }) => name))).toEqual(['a', 'b']);
  });

  it("is sent in virtual time in TestScheduler's run mode, where no promise settles", () => {
    new TestScheduler(() => undefined).run(({ flush }) => {
      const backend = new ManualBackend();
      backend.onAcquire = (call) => call.grant();
      createLocks(backend).lock$('a', '10s').subscribe().unsubscribe();
      expect(backend.releases).toHaveLength(0);
      flush();
      expect(backend.releases).toHaveLength(1);
    });
  });

  it("of real locks is sent in real time, whatever a TestScheduler's run in which it happens throws", async () => {
    const backend = new ManualBackend();
    backend.onAcquire = (call) => call.grant();
    const locks = createLocks(backend);
    const run = (): void => {
      new TestScheduler(() => undefined).run(({ flush }) => {
        asapScheduler.schedule(() => {
          throw new Error('mine');
        });
        locks.lock$('a', '10s').subscribe().unsubscribe();
        flush();
      });
    };
    expect(run).toThrow('mine');
    expect(backend.releases).toHaveLength(0);
    locks.lock$('b', '10s').subscribe().unsubscribe();
    await until(() => backend.releases.length > 0, 'the release');
    expect(backend.releases.flatMap(({ args }) => args.grants.map(({ name }) => name))).toEqual(['a', 'b']);
    await locks.close();
  });
});
