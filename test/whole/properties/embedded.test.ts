import fc from 'fast-check';
import { Subscription, type Observable } from 'rxjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { memory } from '../../../src/backends/memory/memory.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import type { Locks } from '../../../src/contract/locks.js';
import type { CompositeLease, Lease } from '../../../src/contract/lease.js';
import type { LockOptions } from '../../../src/contract/options.js';
import { Time } from '../../support/virtual.js';
import { holds, labelled, often, pick, script, type Step } from './support/check.js';
import { TTL } from './support/follower.js';
import { at, name, options as plain } from './support/steps.js';
import { GRAMMAR, LETTERS } from './support/words.js';

const LIMIT = 3;
const NAMES = ['a', 'b', 'c'];

/** One of several processes that use the same locks: what it has of each name, as it would say itself. */
class Contenders {
  readonly time = new Time();
  private readonly backend = memory();
  private readonly all = ['one', 'two', 'three'].map((holder) =>
    createLocks(this.backend, { scheduler: this.time, holder, random: () => 0.5 }),
  );
  private readonly subscriptions: Subscription[] = [];
  /** Every lease that was ever granted, by what it excludes: `'lock a'`, `'semaphore a'`. */
  private readonly leases = new Map<string, Lease<bigint>[]>();
  private readonly composites: { readonly lease: CompositeLease<bigint>; readonly names: number }[] = [];
  private readonly words: { word: string }[] = [];
  private readonly broken: string[] = [];

  lock(who: number, lockName: string, wishes: LockOptions): void {
    this.follow(`lock ${lockName}`, this.locks(who).lock$(lockName, TTL, wishes));
  }

  semaphore(who: number, lockName: string, { mode: _, ...wishes }: LockOptions, permits: number): void {
    const options = { ...wishes, permits, metadata: String(permits) };
    this.follow(`semaphore ${lockName}`, this.locks(who).semaphore$(lockName, LIMIT, TTL, options));
  }

  /** Takes several at once. What is held while they are gathered is nobody's word yet, so only the whole is watched. */
  several(who: number, names: readonly string[], wishes: LockOptions): void {
    const record = { word: '' };
    this.words.push(record);
    const subscription = new Subscription();
    this.subscriptions.push(subscription);
    subscription.add(
      this.locks(who)
        .all$(names, TTL, wishes)
        .subscribe({
          next: (event) => {
            record.word += LETTERS[event.type];
            if (event.type !== 'acquired') return;
            const { lease } = event;
            this.composites.push({ lease, names: names.length });
            lease.leases.forEach((one) => this.granted(`lock ${one.name}`, one));
          },
          error: () => (record.word += 'e'),
          complete: () => (record.word += 'c'),
        }),
    );
  }

  lead(who: number, lockName: string): void {
    const subscription = new Subscription();
    this.subscriptions.push(subscription);
    let last: string | undefined;
    subscription.add(
      this.locks(who)
        .leader$(lockName, TTL)
        .subscribe((now) => {
          const said = now.leading ? `leads by ${now.lease.id}` : `follows ${String(now.leader?.term)}`;
          if (said === last) this.broken.push(`said twice: ${said}`);
          last = said;
          // All who ask the same Locks share one leadership.
          if (now.leading && !(this.leases.get(`lock ${lockName}`) ?? []).includes(now.lease)) {
            this.granted(`lock ${lockName}`, now.lease);
          }
        }),
    );
  }

  leave(i: number): void {
    pick(this.subscriptions, i)?.unsubscribe();
  }

  revoke(lockName: string): void {
    this.backend.revoke?.(lockName).subscribe();
  }

  check(): void {
    for (const [what, leases] of this.leases) {
      const holders = leases.filter(({ isHeld }) => isHeld);
      expect(excludeEachOther(what, holders), what).toBe(true);
    }
    for (const { lease, names } of this.composites) {
      expect(lease.leases).toHaveLength(names);
      expect(lease.isHeld).toBe(lease.leases.every(({ isHeld }) => isHeld));
      expect(lease.remaining()).toBe(Math.min(...lease.leases.map((one) => one.remaining())));
    }
    for (const { word } of this.words) expect(word).toMatch(GRAMMAR);
    expect(this.broken).toEqual([]);
  }

  async end(): Promise<void> {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    this.time.advance(60_000);
    this.check();
    expect(await this.all[0]!.list()).toEqual([]);
    expect(this.time.actions.filter((action) => !action.closed)).toHaveLength(0);
    await Promise.all(this.all.map((locks) => locks.close()));
  }

  private locks(who: number): Locks<bigint> {
    return this.all[who]!;
  }

  private follow(what: string, events$: ReturnType<Locks<bigint>['lock$']>): void {
    const subscription = new Subscription();
    this.subscriptions.push(subscription);
    subscription.add(
      (events$ as Observable<{ readonly type: string; readonly lease?: Lease<bigint> }>).subscribe({
        next: ({ type, lease }) => {
          if (type === 'acquired' && lease !== undefined) this.granted(what, lease);
        },
        error: () => undefined,
      }),
    );
  }

  /** Tokens grow from grant to grant of a name. */
  private granted(what: string, lease: Lease<bigint>): void {
    const leases = this.leases.get(what) ?? [];
    this.leases.set(what, leases);
    // Of several locks as one each is granted before they are told of, and is shared by others meanwhile.
    const before = isShared(lease) ? leases.filter((one) => !isShared(one)) : leases;
    for (const { fencingToken } of before) {
      if (lease.fencingToken <= fencingToken) {
        this.broken.push(`${what}: ${String(lease.fencingToken)} after ${String(fencingToken)}`);
      }
    }
    leases.push(lease);
    // Whoever is told of a lock is the only one who has it.
    const holders = leases.filter((one) => one.toJSON().isHeld);
    if (!excludeEachOther(what, holders)) this.broken.push(`${what} has too many holders`);
  }
}

/** Who shares a lock, and how many permits of a semaphore he has, says the metadata. */
function excludeEachOther(what: string, holders: readonly Lease<bigint>[]): boolean {
  if (what.startsWith('semaphore')) return holders.reduce((sum, { metadata }) => sum + Number(metadata), 0) <= LIMIT;
  return holders.length <= 1 || holders.every(isShared);
}

function isShared({ metadata }: Lease<bigint>): boolean {
  return metadata === 'shared';
}

const who = fc.nat({ max: 2 });
const names = fc.shuffledSubarray(NAMES, { minLength: 1 });
const options = fc
  .tuple(plain, fc.boolean())
  .map(([some, shares]): LockOptions => (shares ? { ...some, mode: 'shared', metadata: 'shared' } : some));

const step: fc.Arbitrary<Step<Contenders>> = fc.oneof(
  often(
    3,
    fc
      .tuple(who, name, options)
      .map(([w, n, o]) => labelled(`${w} locks ${n} ${JSON.stringify(o)}`, (all: Contenders) => all.lock(w, n, o))),
  ),
  often(
    3,
    fc
      .tuple(who, name, plain, fc.integer({ min: 1, max: LIMIT }))
      .map(([w, n, o, p]) =>
        labelled(`${w} enters ${n} for ${p} ${JSON.stringify(o)}`, (all: Contenders) => all.semaphore(w, n, o, p)),
      ),
  ),
  often(
    3,
    fc
      .tuple(who, names, options)
      .map(([w, n, o]) =>
        labelled(`${w} locks ${n} as one ${JSON.stringify(o)}`, (all: Contenders) => all.several(w, n, o)),
      ),
  ),
  often(
    2,
    fc.tuple(who, name).map(([w, n]) => labelled(`${w} stands for ${n}`, (all: Contenders) => all.lead(w, n))),
  ),
  often(
    6,
    at.map((i) => labelled(`${i} leaves`, (all: Contenders) => all.leave(i))),
  ),
  often(
    1,
    name.map((n) => labelled(`revoke ${n}`, (all: Contenders) => all.revoke(n))),
  ),
  often(
    4,
    fc
      .constantFrom(0, 1, 50, 3334, 10_001)
      .map((ms) => labelled(`advance ${ms}`, (all: Contenders) => all.time.advance(ms))),
  ),
);

beforeAll(() => {
  // These scripts wait for themselves all the time.
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

describe('the embedded backend under locks, semaphores, elections and several locks as one', () => {
  it('excludes, grants with growing tokens, and forgets everything in the end', async () => {
    await holds(120, script(step), async (steps) => {
      const all = new Contenders();
      for (const run of steps) {
        run(all);
        all.check();
      }
      await all.end();
    });
  });
});

describe('several locks as one that run out at the same moment', () => {
  for (const onLost of ['complete', 'error', 'reacquire'] as const) {
    it(`are lost once, then ${onLost}, also to whoever looks at them when he is told`, async () => {
      const time = new Time();
      const locks = createLocks(memory(), { scheduler: time, random: () => 0.5 });
      const heard: string[] = [];
      const subscription = locks.all$(['a', 'b'], TTL, { renew: false, onLost }).subscribe({
        next: (event) => {
          heard.push(event.type);
          if (event.type === 'lost') expect(event.lease.isHeld).toBe(false);
        },
        error: () => heard.push('error'),
        complete: () => heard.push('complete'),
      });
      time.advance(10_001);
      const then = { complete: ['complete'], error: ['error'], reacquire: ['acquired'] }[onLost];
      expect(heard).toEqual(['acquired', 'lost', ...then]);
      subscription.unsubscribe();
      time.advance(1000);
      expect(await locks.list()).toEqual([]);
    });
  }
});
