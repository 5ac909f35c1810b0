import { finalize } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LockCapacityError, LockNetworkError } from '../../src/contract/errors.js';
import { endOf, firstToEnd } from '../../src/keeping/bounds.js';
import { Keeper } from '../../src/keeping/keeper.js';
import { Kept } from '../../src/keeping/kept.js';
import { retain, type Retention } from '../../src/contract/retention.js';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import type { Bounds, Grant } from '../../src/contract/backend.js';
import type { Lease, LockEvent, LostReason } from '../../src/contract/lease.js';
import { ManualBackend } from '../support/manual-backend.js';
import { record, setup, Time } from '../support/virtual.js';

/** Something to keep, which writes down what the keeper says. */
class Thing extends Kept {
  readonly log: string[] = [];
  readonly safetyFactor = 0.8;
  readonly renewRatio = 1 / 3;
  then: (() => void) | undefined;

  constructor(
    private readonly time: Time,
    readonly ttl: number,
    readonly grant: Grant = { name: 'a' },
  ) {
    super();
  }

  renewed(): void {
    this.note('renewed');
  }

  uncertain(cause: unknown): void {
    this.note(`uncertain ${(cause as Error).message}`);
  }

  lost(reason: LostReason): void {
    this.note(`lost ${reason}`);
  }

  private note(what: string): void {
    this.log.push(`${String(this.time.now())} ${what}`);
    this.then?.();
  }
}

function keeping({ random = () => 0 } = {}) {
  const time = new Time();
  const backend = new ManualBackend();
  const clock = { ...schedulerClock(time), ahead: 0, elapsed: (): number => time.now() + clock.ahead };
  const runtime = { clock, scheduler: time, random };
  backend.open(runtime);
  const keeper: Keeper = new Keeper(runtime, backend, () => {
    time.schedule(() => {
      keeper.arm();
    });
  });
  /** Takes something up, counted from now. */
  function keep(ttl: number, renew = true, bounds: Bounds = [{ sentAt: time.now(), ttl }]): Thing {
    const thing = new Thing(time, ttl);
    keeper.add(thing, bounds, renew, time.now());
    return thing;
  }
  const timers = (): number => time.actions.filter((action) => !action.closed).length;
  return { time, clock, backend, keeper, keep, timers };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('what is believed in', () => {
  const deadlineOf = (...bounds: Bounds): number => endOf(firstToEnd(bounds, 0.8), 0.8);

  it('is the send time and the part of the ttl that is believed in, the earliest of all bounds', () => {
    expect(deadlineOf({ sentAt: 100, ttl: 10_000 })).toBe(8100);
    const [late, early, short] = [
      { sentAt: 5000, ttl: 10_000 },
      { sentAt: 100, ttl: 10_000 },
      { sentAt: 6000, ttl: 2000 },
    ] as const;
    expect(deadlineOf(late, early, short)).toBe(7600);
    expect(deadlineOf(short, late, early)).toBe(7600);
  });

  it('is rounded down to whole milliseconds', () => {
    expect(deadlineOf({ sentAt: 0.9, ttl: 1001 })).toBe(801);
  });
});

describe('Keeper', () => {
  it('has one timer, whatever it keeps', () => {
    const { time, keep, timers } = keeping();
    for (let i = 0; i < 100; i++) keep(10_000 + i);
    time.turn();
    expect(timers()).toBe(1);
  });

  it('arms its timer anew when something that is due earlier comes', () => {
    const { time, backend, keep, timers } = keeping();
    keep(60_000);
    time.turn();
    // Before the clock is looked at in any case.
    keep(1500);
    time.turn();
    expect(timers()).toBe(1);
    time.advance(500);
    expect(backend.renewals.map(({ at, args }) => [at, args.ttls])).toEqual([[500, [1500]]]);
  });

  it('has no timer when it keeps nothing', () => {
    const { time, keeper, keep, timers } = keeping();
    const thing = keep(10_000);
    time.turn();
    keeper.remove(thing);
    time.turn();
    expect(timers()).toBe(0);
    expect(keeper.size).toBe(0);
  });

  it('says nothing of what was removed, and leaves its requests', () => {
    const { time, backend, keeper, keep } = keeping();
    const thing = keep(10_000);
    time.advance(3333 + 1555);
    expect(backend.renewals.map(({ open }) => open)).toEqual([true, true]);
    const said = thing.log.length;
    keeper.remove(thing);
    expect(backend.renewals.map(({ open }) => open)).toEqual([false, false]);
    backend.renewals[0]!.confirm();
    backend.renewals[1]!.refuse();
    time.advance(60_000);
    expect(thing.log).toHaveLength(said);
  });

  describe('batches', () => {
    it('hold what is due within a hundredth of its ttl', () => {
      const { time, backend, keep } = keeping();
      for (const delay of [50, 50, 1, 0]) {
        keep(10_000);
        time.advance(delay);
      }
      time.advance(4000 - 101);
      expect(backend.renewals.map(({ at, args }) => [at, args.grants.length])).toEqual([
        [3333, 3],
        [3434, 1],
      ]);
    });

    it('never delay a deadline', () => {
      const { time, keep } = keeping();
      const things = [0, 1, 2, 3].map(() => {
        const thing = keep(10_000, false);
        time.advance(10);
        return thing;
      });
      time.advance(60_000);
      expect(things.map(({ log }) => log)).toEqual([
        ['8000 lost expired'],
        ['8010 lost expired'],
        ['8020 lost expired'],
        ['8030 lost expired'],
      ]);
    });

    it('are answered one by one, in any order; what is unanswered is unknown', () => {
      const { time, backend, keep } = keeping();
      const things = [keep(10_000), keep(10_000), keep(10_000)];
      time.advance(3333);
      const [batch] = backend.renewals;
      const at = 3333;
      batch!.next({ index: 2, outcome: 'refused' });
      batch!.next({ index: 0, outcome: 'renewed', bounds: [{ sentAt: at, ttl: 10_000 }] });
      batch!.done();
      expect(things.map(({ log }) => log)).toEqual([
        ['3333 renewed'],
        ['3333 uncertain the renewal was not answered'],
        ['3333 lost refused'],
      ]);
    });

    describe('that the service wants to hear of later', () => {
      const busy = (retryAfter: number) =>
        ({ index: 0, outcome: 'unknown', cause: new LockCapacityError('busy', { retryAfter }) }) as const;
      const sent = (backend: ManualBackend): number[] => backend.renewals.map(({ at }) => at);

      it('wait for it, though it is an older attempt that was told so', () => {
        const { time, backend, keep } = keeping();
        const thing = keep(30_000);
        time.advance(15_000);
        const [first, second] = sent(backend);
        backend.renewals[0]!.next(busy(8000));
        time.advance(7999);
        expect(sent(backend)).toEqual([first, second]);
        time.advance(1);
        expect(sent(backend)).toEqual([first, second, 23_000]);
        expect(thing.log).toHaveLength(1 + 1);
      });

      it('wait for it, though an older attempt is confirmed meanwhile', () => {
        const { time, backend, keep } = keeping();
        keep(30_000);
        time.advance(15_000);
        const [first, second] = sent(backend);
        backend.renewals[1]!.next(busy(8000));
        backend.renewals[0]!.confirm();
        time.advance(7999);
        expect(sent(backend)).toEqual([first, second]);
        time.advance(1);
        expect(sent(backend)).toEqual([first, second, 23_000]);
      });

      it('wait for it, though another that is due would take them along', () => {
        const { time, backend, keep } = keeping();
        keep(30_000);
        time.advance(4950);
        keep(30_000);
        time.advance(5050);
        backend.renewals[0]!.next(busy(5000));
        time.advance(4990);
        expect(backend.renewals.map(({ at, args }) => [at, args.grants.length])).toEqual([
          [10_000, 1],
          [14_950, 1],
        ]);
        time.advance(10);
        expect(sent(backend)).toEqual([10_000, 14_950, 15_000]);
      });
    });

    it('are not sent again before the service wants to hear of them', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      const cause = new LockCapacityError('slow down', { retryAfter: 2500 });
      backend.renewals[0]!.next({ index: 0, outcome: 'unknown', cause });
      time.advance(2499);
      expect(backend.renewals).toHaveLength(1);
      time.advance(1);
      expect(backend.renewals).toHaveLength(2);
      backend.renewals[1]!.confirm();
      expect(thing.log).toEqual(['3333 uncertain slow down', '5833 renewed']);
    });

    it('are not sent again at all if that is beyond the deadline, which stays what it is', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      const cause = new LockNetworkError('slow down', { retryAfter: 60_000 });
      backend.renewals[0]!.next({ index: 0, outcome: 'unknown', cause });
      time.advance(100_000);
      expect(backend.renewals).toHaveLength(1);
      expect(thing.log).toEqual(['3333 uncertain slow down', '8000 lost expired']);
    });

    it('are sent again though an error of another package has a date under the name of a demand', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      const cause = Object.assign(new Error('theirs'), { retryAfter: 1e12 });
      backend.renewals[0]!.next({ index: 0, outcome: 'unknown', cause });
      time.advance(4000);
      expect(backend.renewals.length).toBeGreaterThan(1);
      backend.renewals.at(-1)!.confirm();
      expect(thing.log.at(-1)).toBe('7333 renewed');
    });

    it('are not sent before that by a look at the clock, nor along with another', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(30_000);
      time.advance(10_000);
      const cause = new LockCapacityError('slow down', { retryAfter: 5050 });
      backend.renewals[0]!.next({ index: 0, outcome: 'unknown', cause });
      time.advance(5049);
      expect(backend.renewals).toHaveLength(1);
      const later = new LockCapacityError('slow down', { retryAfter: 9010 });
      time.advance(1);
      // To just after its deadline, and just before another is due.
      backend.renewals[1]!.next({ index: 0, outcome: 'unknown', cause: later });
      keep(26_700);
      time.advance(8900);
      expect(backend.renewals.slice(2).map(({ args }) => args.grants.length)).toEqual([1]);
      time.advance(1000);
      expect(thing.log.at(-1)).toBe('24000 lost expired');
    });

    it('take one answer for each member', () => {
      const { time, backend, keep } = keeping();
      const [a] = [keep(10_000), keep(10_000)];
      time.advance(3333);
      const [batch] = backend.renewals;
      const renewed = { index: 0, outcome: 'renewed', bounds: [{ sentAt: 3333, ttl: 10_000 }] } as const;
      batch!.next(renewed);
      batch!.next(renewed);
      batch!.next({ index: 0, outcome: 'refused' });
      batch!.next({ index: 7, outcome: 'refused' });
      expect(a.log).toEqual(['3333 renewed']);
      expect(batch!.open).toBe(true);
    });

    it('are over when the last member is answered or gone', () => {
      const { time, backend, keeper, keep } = keeping();
      const [a, b] = [keep(10_000), keep(10_000)];
      time.advance(3333);
      keeper.remove(a);
      expect(backend.renewals[0]!.open).toBe(true);
      keeper.remove(b);
      expect(backend.renewals[0]!.open).toBe(false);
    });

    it('do not hold who left while they were made', () => {
      const { time, backend, keeper, keep } = keeping();
      const [a, b] = [keep(10_000), keep(10_000)];
      time.advance(3333);
      for (const [one, other] of [
        [a, b],
        [b, a],
      ] as const) {
        one.then = () => {
          keeper.remove(other);
        };
      }
      time.advance(1555);
      expect(a.log.length + b.log.length).toBe(1);
      expect(backend.renewals[1]!.args.grants).toEqual([(a.log.length === 1 ? a : b).grant]);
    });
  });

  describe('attempts', () => {
    it('go out at a third of the ttl and then thrice before the deadline', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(7999);
      expect(backend.renewals.map(({ at }) => at)).toEqual([3333, 4888, 6443, 7998]);
      expect(thing.log.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
        '4888 uncertain',
        '6443 uncertain',
        '7998 uncertain',
      ]);
    });

    it('stay open for a late answer until the deadline', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(7999);
      expect(backend.renewals.every(({ open }) => open)).toBe(true);
      backend.renewals[0]!.confirm();
      expect(thing.log.at(-1)).toBe('7999 renewed');
      expect(thing.deadline).toBe(3333 + 8000);
    });

    it('that a newer answer has made useless are left', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(6443);
      backend.renewals[1]!.confirm();
      expect(backend.renewals.map(({ open }) => open)).toEqual([false, false, true]);
      expect(thing.log.at(-1)).toBe('6443 renewed');
      backend.renewals[2]!.confirm();
      expect(thing.deadline).toBe(6443 + 8000);
    });

    it('are left by one member without cutting off the others', () => {
      const { time, backend, keep } = keeping();
      const things = [keep(10_000), keep(10_000)];
      time.advance(6443);
      const [first, second] = backend.renewals;
      const renewed = (call: typeof first, thing: Thing) => {
        const index = call!.args.grants.indexOf(thing.grant);
        call!.next({ index, outcome: 'renewed', bounds: [{ sentAt: call!.at, ttl: 10_000 }] });
      };
      renewed(second, things[0]!);
      // Superseded: it was left already, and must not be counted twice.
      renewed(first, things[0]!);
      expect(first!.open).toBe(true);
      renewed(first, things[1]!);
      expect(things.map(({ deadline }) => deadline)).toEqual([4888 + 8000, 3333 + 8000]);
      expect(first!.open).toBe(false);
    });

    it('that are under way keep their time when an older one is confirmed', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(7000);
      backend.renewals[0]!.confirm();
      time.advance(997);
      expect(thing.log.at(-1)).toBe('7000 renewed');
      expect(backend.renewals).toHaveLength(3);
      backend.renewals[2]!.confirm();
      expect(thing.deadline).toBe(6443 + 8000);
    });

    it('that fail fast are tried again after a quarter of the time that one may take', () => {
      const { time, backend, keep } = keeping();
      keep(10_000);
      backend.onRenew = (call) => {
        call.fail(new LockNetworkError('down'));
      };
      time.advance(3333 + 388 * 3);
      expect(backend.renewals.map(({ at }) => at)).toEqual([3333, 3721, 4109, 4497]);
    });

    it('whose older sibling fails are not disturbed', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(4888);
      backend.renewals[0]!.fail(new LockNetworkError('late'));
      expect(thing.log).toEqual(['4888 uncertain the renewal was not answered in time']);
      time.advance(500);
      expect(backend.renewals).toHaveLength(2);
    });

    it('are counted from the bound that ends first', () => {
      const { time, backend, keep } = keeping();
      keep(100_000, true, [
        { sentAt: 0, ttl: 100_000 },
        { sentAt: 0, ttl: 5000 },
      ]);
      time.advance(5000);
      expect(backend.renewals.map(({ at }) => at)).toEqual([1666, 2443, 3220, 3997]);
    });

    it('never go out in a busy loop where the service confirms what it confirmed before', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      backend.onRenew = (call) => {
        call.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: 0, ttl: 10_000 }] });
      };
      time.advance(10_000);
      expect(thing.log.at(-1)).toBe('8000 lost expired');
      expect(backend.renewals.length).toBeGreaterThan(1);
      expect(backend.renewals.length).toBeLessThan(20);
    });

    it('never go out in a busy loop, however short their time', () => {
      const { time, locks, backend } = setup();
      backend.onAcquire = (call) => call.grant();
      backend.onRenew = (call) => {
        call.fail(new LockNetworkError('down'));
      };
      const { observer, log } = record<LockEvent>(time);
      locks.lock$('a', '1s', { safetyFactor: 0.01, renewRatio: 0.001 }).subscribe(observer);
      time.advance(1000);
      expect(log.slice(-2)).toEqual(['10 lost', '10 complete']);
      expect(backend.renewals.length).toBeGreaterThan(1);
      expect(backend.renewals.length).toBeLessThan(12);
    });
  });

  describe('a deadline', () => {
    it('moves back only if a newer request was given less', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      backend.renewals[0]!.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: 3333, ttl: 1000 }] });
      expect(thing.deadline).toBe(4133);
    });

    it('does not move back for a confirmation that counts from an older request', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      backend.renewals[0]!.confirm();
      expect(thing.deadline).toBe(11_333);
      time.advance(3333);
      backend.renewals[1]!.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: 0, ttl: 10_000 }] });
      expect(thing.deadline).toBe(11_333);
    });

    it('that a short confirmation cannot move is watched, and renewed for', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      backend.onRenew = (call) => {
        call.confirm();
      };
      backend.renewals[0]!.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: 3333, ttl: 1000 }] });
      time.advance(333);
      expect(backend.renewals[1]!.at).toBe(3666);
      expect(thing.deadline).toBe(3666 + 8000);
    });

    it('passes for each at its time, also when many pass at once', () => {
      const { time, keep } = keeping();
      const things = [keep(5000, false), keep(5000, false), keep(6000, false)];
      time.advance(4000);
      expect(things.map(({ log }) => log)).toEqual([['4000 lost expired'], ['4000 lost expired'], []]);
    });

    it('that is seen late is seen before anything is renewed', () => {
      const { time, backend, keep, clock } = keeping();
      const thing = keep(10_000);
      time.advance(3332);
      // A blocked event loop: the timer of the first renewal runs when the deadline is over.
      clock.ahead = 6000;
      time.advance(1);
      expect(thing.log).toEqual(['3333 lost expired']);
      expect(backend.renewals).toHaveLength(0);
    });

    it('that has passed is why a lock is lost, though a refusal comes after it', () => {
      const { time, clock, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      clock.ahead = 6000;
      backend.renewals[0]!.refuse();
      expect(thing.log).toEqual(['3333 lost expired']);
    });

    it('that has passed is why a lock is lost, though a failure comes after it', () => {
      const { time, clock, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      clock.ahead = 6000;
      backend.renewals[0]!.fail(new LockNetworkError('down'));
      expect(thing.log).toEqual(['3333 lost expired']);
    });

    it('that has passed is why a lock is lost, though a revocation is heard before its timer rings', () => {
      const { clock, keeper, keep } = keeping();
      const thing = keep(10_000);
      clock.ahead = 8000;
      keeper.revoke([thing.grant], 'connection', undefined);
      expect(thing.log).toEqual(['0 lost expired']);
    });

    it('is right on a clock whose zero is in the future', () => {
      const { clock, keep } = keeping();
      clock.ahead = -1_000_000;
      const thing = keep(600_000, true, [
        { sentAt: clock.elapsed(), ttl: 600_000 },
        { sentAt: clock.elapsed() - 1000, ttl: 600_000 },
      ]);
      expect(thing.deadline).toBe(-1_000_000 - 1000 + 480_000);
      expect(thing.confirmedAt).toBe(-1_001_000);
    });

    it('is no earlier than the first of the bounds of a confirmation', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      backend.renewals[0]!.done({
        index: 0,
        outcome: 'renewed',
        bounds: [
          { sentAt: 3333, ttl: 10_000 },
          { sentAt: 2000, ttl: 10_000 },
        ],
      });
      expect(thing.deadline).toBe(10_000);
    });

    it('goes forward also where the bound that ends first now counts from an older request', () => {
      const { time, backend, keep } = keeping();
      const lock = { sentAt: 0, ttl: 5000 };
      const session = { sentAt: -1000, ttl: 10_000 };
      const thing = keep(9000, true, [lock, session]);
      time.advance(1666);
      expect(thing.deadline).toBe(4000);
      // The lock was renewed, and ends after the session now.
      backend.renewals[0]!.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: 1666, ttl: 9000 }, session] });
      expect(thing.deadline).toBe(7000);
      expect(thing.log).toEqual(['1666 renewed']);
    });
  });

  describe('what is not to be renewed', () => {
    it('is not, and runs out', () => {
      const { time, backend, keep } = keeping();
      const thing = keep(10_000, false);
      time.advance(20_000);
      expect(backend.renewals).toHaveLength(0);
      expect(thing.log).toEqual(['8000 lost expired']);
    });

    it('can be renewed from now on, and no longer', () => {
      const { time, backend, keeper, keep } = keeping();
      backend.onRenew = (call) => {
        call.confirm();
      };
      const thing = keep(10_000, false);
      time.advance(6000);
      keeper.setRenewal(thing, true);
      time.advance(4000);
      expect(backend.renewals.map(({ at }) => at)).toEqual([6000, 9333]);
      keeper.setRenewal(thing, false);
      time.advance(60_000);
      expect(backend.renewals).toHaveLength(2);
      expect(thing.log.at(-1)).toBe(`${String(9333 + 8000)} lost expired`);
    });

    it('is not taken up again by an attempt that was under way and fails', () => {
      const { time, backend, keeper, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      keeper.setRenewal(thing, false);
      backend.renewals[0]!.fail(new LockNetworkError('down'));
      time.advance(60_000);
      expect(backend.renewals).toHaveLength(1);
      expect(thing.log.at(-1)).toBe('8000 lost expired');
    });

    it('nor prolonged by what was under way', () => {
      const { time, backend, keeper, keep } = keeping();
      const thing = keep(10_000);
      time.advance(3333);
      keeper.setRenewal(thing, false);
      backend.renewals[0]!.confirm();
      time.advance(60_000);
      expect(backend.renewals).toHaveLength(1);
      expect(thing.log.at(-1)).toBe('8000 lost expired');
    });
  });

  describe('a guess', () => {
    it('is replaced by the first confirmation, though that is earlier', () => {
      const { time, backend, keeper } = keeping();
      const thing = new Thing(time, 10_000);
      keeper.add(thing, [{ sentAt: 0, ttl: 10_000 }], true, time.now(), true);
      keeper.renewNow(thing);
      time.advance(100);
      backend.renewals[0]!.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: 0, ttl: 2000 }] });
      expect(thing.deadline).toBe(1600);
    });

    it('is over if what replaces it is', () => {
      const { time, backend, keeper } = keeping();
      const thing = new Thing(time, 10_000);
      keeper.add(thing, [{ sentAt: 0, ttl: 10_000 }], true, time.now(), true);
      keeper.renewNow(thing);
      time.advance(1600);
      backend.renewals[0]!.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: 0, ttl: 2000 }] });
      expect(thing.log.at(-1)).toBe('1600 lost expired');
    });
  });

  it('ends what is revoked, once, and nothing else', () => {
    const { keeper, keep } = keeping();
    const [a, b] = [keep(10_000), keep(10_000)];
    keeper.revoke([a.grant, a.grant, { name: 'a' }], 'revoked', undefined);
    keeper.revoke([a.grant], 'session', undefined);
    expect([a.log, b.log]).toEqual([['0 lost revoked'], []]);
  });

  it('survives that whoever hears of a loss removes others', () => {
    const { time, keeper, keep } = keeping();
    const things = [keep(10_000, false), keep(10_000, false), keep(10_000, false)];
    things[0]!.then = () => {
      for (const thing of things) keeper.remove(thing);
    };
    time.advance(8000);
    expect(things.map(({ log }) => log.length)).toEqual([1, 0, 0]);
    const more = [keep(10_000), keep(10_000)];
    more[0]!.then = () => {
      keeper.remove(more[1]!);
    };
    keeper.revoke(
      more.map(({ grant }) => grant),
      'session',
      undefined,
    );
    expect(more.map(({ log }) => log.length)).toEqual([1, 0]);
  });
});

describe('a subscriber who throws', () => {
  it('in a finalizer does not stop the renewals and losses of others', () => {
    vi.useFakeTimers();
    const { backend, locks, time } = setup();
    const [a, b, c] = [record<LockEvent>(time), record<LockEvent>(time), record<LockEvent>(time)];
    const mine = new Error('mine');
    const failing = finalize<LockEvent>(() => {
      throw mine;
    });
    locks.lock$('a', '10s').pipe(failing).subscribe(a.observer);
    locks.lock$('b', '10s').subscribe(b.observer);
    locks.lock$('c', '20s').subscribe(c.observer);
    for (const call of backend.acquired) call.grant();
    time.advance(60_000);
    expect([a, b, c].map(({ log }) => log.filter((line) => !line.includes('uncertain')))).toEqual([
      ['0 acquired', '8000 lost', '8000 complete'],
      ['0 acquired', '8000 lost', '8000 complete'],
      ['0 acquired', '16000 lost', '16000 complete'],
    ]);
    expect(backend.releases.flatMap(({ args }) => args.grants)).toHaveLength(3);
    // As RxJS reports what nobody handles.
    expect(() => vi.runAllTimers()).toThrow(/mine/);
  });

  it('in a finalizer does not keep its own lock', () => {
    vi.useFakeTimers();
    const { backend, locks, time } = setup();
    let lease: Lease | undefined;
    const failing = finalize<LockEvent>(() => {
      throw new Error('mine');
    });
    locks
      .lock$('a', '10s')
      .pipe(failing)
      .subscribe((event) => {
        lease = (event as { lease: Lease }).lease;
      });
    backend.acquired[0]!.grant();
    void lease!.release();
    time.turn();
    expect(backend.releases).toHaveLength(1);
    expect(() => vi.runAllTimers()).toThrow(/mine/);
  });

  it('in a finalizer does not shield others from a revocation', () => {
    vi.useFakeTimers();
    const { backend, locks, time } = setup();
    const b = record<LockEvent>(time);
    const failing = finalize<LockEvent>(() => {
      throw new Error('mine');
    });
    locks.lock$('a', '10s').pipe(failing).subscribe();
    locks.lock$('b', '10s').subscribe(b.observer);
    const grants = backend.acquired.map((call) => call.grant());
    backend.revoked$.next({ grants, reason: 'connection' });
    expect(b.log).toEqual(['0 acquired', '0 lost', '0 complete']);
    expect(() => vi.runAllTimers()).toThrow(/mine/);
  });
});

describe('a lease whose work will not stop', () => {
  it('runs out, though a renewal was under way and fails', () => {
    const { backend, locks, time } = setup();
    let retention: Retention | undefined;
    const subscription = locks.lock$('a', '10s').subscribe((event) => {
      if (event.type === 'acquired') retention = retain(event.lease);
    });
    backend.acquired[0]!.grant();
    time.advance(3333);
    subscription.unsubscribe();
    retention!.abandon();
    backend.renewals[0]!.fail(new LockNetworkError('down'));
    backend.onRenew = (call) => {
      call.confirm();
    };
    time.advance(60_000);
    expect(backend.renewals).toHaveLength(1);
    expect(backend.releases).toHaveLength(0);
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });
});
