import fc from 'fast-check';
import { Subject, Subscription } from 'rxjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { memory } from '../src/backends/memory/memory.js';
import { createLocks } from '../src/create-locks.js';
import { LockNetworkError } from '../src/errors.js';
import { retain, type Retention } from '../src/lease-control.js';
import type { Locks } from '../src/locks.js';
import type { Bounds, Grant, Lease, LockEvent, LockOptions } from '../src/types.js';
import { ManualBackend, type Acquisition } from './support/manual-backend.js';
import { Time } from './support/virtual.js';

const TTL = 10_000;
const SAFETY = 0.8;

/** One letter for each event: histories become words, and grammars regular expressions. */
const LETTERS = { waiting: 'w', acquired: 'a', renewed: 'r', uncertain: 'u', lost: 'l', released: 'x' } as const;
/** Any beginning of the history of a lock that contends again after each loss. */
const GRAMMAR = /^(?:w*a[ru]*l)*(?:w*(?:a[ru]*(?:xc)?)?)[ce]?$/;

/** A subscription to a lock, and all that may be checked about it. */
class Follower {
  readonly until = new Subject<void>();
  word = '';
  lease: Lease | undefined;
  retention: Retention | undefined;
  /** Those of earlier leases: work that is still stopping. */
  readonly retentions: Retention[] = [];
  readonly subscription: Subscription;
  private deadline = 0;
  private deadlineOf: Lease | undefined;

  constructor(
    locks: Locks<bigint>,
    name: string,
    private readonly options: LockOptions & { readonly keep?: boolean },
    private readonly world: World,
  ) {
    const { keep = false, ...lockOptions } = options;
    this.subscription = locks.lock$(name, TTL, { ...lockOptions, until: this.until }).subscribe({
      next: (event) => {
        this.word += LETTERS[event.type];
        this.hear(event, keep);
      },
      error: () => {
        this.word += 'e';
      },
      complete: () => {
        this.word += 'c';
      },
    });
  }

  check(): void {
    expect(this.word).toMatch(GRAMMAR);
    // A released lock ends its stream; a lost one does, unless it is to be taken again.
    if (this.options.onLost !== 'reacquire') expect(this.word).not.toMatch(/l[^ce]|l$/);
    if (this.options.onLost === 'error') expect(this.word).not.toMatch(/lc/);
    const { lease } = this;
    if (lease === undefined) return;
    const now = this.world.clock.elapsed();
    const remaining = lease.remaining();
    expect(lease.isHeld).toBe(remaining > 0);
    if (remaining === 0) return;
    const deadline = now + remaining;
    // Never believed for longer than the service confirmed, counted from when it was asked.
    const limit = this.world.limitOf(lease);
    expect(deadline).toBeLessThanOrEqual(limit);
    // It moves back only to where the service itself has put it.
    if (this.deadlineOf === lease) expect(deadline).toBeGreaterThanOrEqual(Math.min(this.deadline, limit));
    this.deadline = deadline;
    this.deadlineOf = lease;
  }

  private hear(event: LockEvent, keep: boolean): void {
    if (event.type === 'acquired') {
      this.lease = event.lease;
      // The work of the lease before has stopped, or there would be none of this one.
      this.retention?.release();
      if (this.retention !== undefined) this.retentions.push(this.retention);
      this.retention = keep ? retain(event.lease) : undefined;
      this.world.must(event.lease.remaining() > 0, 'nobody is told of a lock that is over already');
    } else if (event.type !== 'waiting') {
      this.world.must(event.lease === this.lease, 'an event is about the lease that was acquired last');
      const isOver = event.type === 'lost' || (event.type === 'released' && !keep);
      this.world.must(!isOver || !event.lease.isHeld, 'a lease is not held when its end is told');
    }
  }
}

/** What the service has confirmed, and what was done with it. */
interface Granted {
  limit: number;
  /** When the request was sent that the limit counts from. */
  at: number;
  /** Else nobody listens to answers to what was sent before. */
  isRenewed: boolean;
  /** The service said that it is not ours any more. */
  gone: boolean;
  /** Nothing may be sent: it was taken away while somebody held it. */
  taken: boolean;
  sent: number;
  settled: boolean;
  /** If it expires before its minHold is over, it is left to run out, so that it stays taken. */
  runsOut: boolean;
}

/** Locks in virtual time, and a service that does what the script says. */
class World {
  readonly time = new Time();
  readonly clock = {
    ahead: 0,
    elapsed: (): number => this.time.now() + this.clock.ahead,
    date: (): number => this.time.now(),
    monotonic: (): number => this.time.now(),
  };
  readonly backend: ManualBackend;
  readonly locks: Locks<bigint>;
  readonly followers: Follower[] = [];
  readonly grants = new Map<Grant, Granted>();
  readonly broken: string[] = [];
  private readonly tokens = new Map<bigint, Granted>();
  private readonly answered = new Set<Acquisition>();
  private token = 0n;

  /** @param minHold Can the service keep a lock that was given back? */
  constructor(private readonly minHold: boolean) {
    this.backend = new ManualBackend({ push: true, minHold });
    this.locks = createLocks(this.backend, { scheduler: this.time, clock: this.clock, random: () => 0.5 });
    this.backend.onRelease = ({ args }) => {
      for (const grant of args.grants) {
        const known = this.grants.get(grant)!;
        this.must(!known.settled, 'no release is sent again once it was answered');
        this.must(!known.taken, 'no release is sent for a lock that was taken away');
        known.sent++;
      }
    };
  }

  /** Says what went wrong where a thrown error would be swallowed. */
  must(condition: boolean, what: string): void {
    if (!condition) this.broken.push(what);
  }

  limitOf({ fencingToken }: Lease): number {
    return this.tokens.get(fencingToken!)!.limit;
  }

  subscribe(name: string, options: LockOptions & { readonly keep?: boolean }): void {
    // By this the service below knows what was asked for.
    const metadata = JSON.stringify({ kept: Number(options.minHold ?? 0) > 0, renew: options.renew ?? true });
    this.followers.push(new Follower(this.locks, name, { ...options, metadata }, this));
  }

  /** Grants, or hands the grant to `stray` if nobody waits any more. Once for each attempt. */
  grant(at: number, confirm: boolean, ttls: readonly number[]): void {
    const call = pick(this.unanswered(), at);
    if (call === undefined) return;
    this.answered.add(call);
    const fencingToken = ++this.token;
    const grant: Grant = { name: call.args.name, fencingToken };
    const bounds = ttls.map((ttl) => ({ sentAt: call.at, ttl })) as unknown as Bounds;
    const { kept, renew: isRenewed } = JSON.parse(call.args.metadata!) as { kept: boolean; renew: boolean };
    const runsOut = kept && !this.minHold;
    const limit = confirm ? -Infinity : limitOf(bounds);
    const known = { limit, at: call.at, gone: false, taken: false, sent: 0, settled: false, runsOut, isRenewed };
    this.grants.set(grant, known);
    this.tokens.set(fencingToken, known);
    if (call.open) call.done({ type: 'granted', grant, bounds, confirm });
    else call.args.stray(grant);
  }

  refuse(at: number, how: 'held' | 'queued' | 'fail' | 'nothing'): void {
    const call = pick(this.unanswered(), at);
    if (call === undefined) return;
    if (how === 'queued') {
      call.next({ type: 'queued', position: at % 3 });
      return;
    }
    this.answered.add(call);
    if (how === 'held') call.held({ holder: `h${String(at % 2)}`, retryAfter: at % 500, binding: at % 3 === 0 });
    else if (how === 'fail') call.fail(new LockNetworkError('down'));
    else call.done();
  }

  renew(at: number, how: 'confirm' | 'refuse' | 'fail' | 'nothing' | 'mixed', ttls: readonly number[]): void {
    // One in five is answered too late, if at all.
    const open = this.backend.renewals.filter((renewal) => renewal.open || at % 5 === 0);
    const call = pick(open, at);
    if (call === undefined) return;
    if (how === 'fail') {
      call.fail(new LockNetworkError('down'));
      return;
    }
    call.args.grants.forEach((grant, index) => {
      const known = this.grants.get(grant)!;
      const outcome = how === 'mixed' ? (['confirm', 'refuse', 'nothing'] as const)[(at + index) % 3] : how;
      // Too late for a batch that nobody listens to any more.
      if (!call.open) return;
      if (outcome === 'confirm' && !known.gone) {
        const bounds = ttls.map((ttl) => ({ sentAt: call.at, ttl })) as unknown as Bounds;
        const limit = limitOf(bounds);
        if ((call.at >= known.at && known.isRenewed) || limit > known.limit) {
          known.limit = limit;
          known.at = call.at;
        }
        call.next({ index, outcome: 'renewed', bounds });
      } else if (outcome === 'refuse') {
        this.take([grant]);
        call.next({ index, outcome: 'refused' });
      }
    });
    call.done();
  }

  revoke(at: number): void {
    const grant = pick([...this.grants.keys()], at);
    if (grant === undefined) return;
    this.take([grant]);
    this.backend.revoked$.next({ grants: [grant], reason: 'revoked' });
  }

  answerRelease(at: number, outcome: 'released' | 'gone' | 'unknown' | 'fail'): void {
    const call = pick(
      this.backend.releases.filter(({ open }) => open),
      at,
    );
    if (call === undefined) return;
    if (outcome === 'fail') {
      call.fail(new LockNetworkError('down'));
      return;
    }
    if (outcome !== 'unknown') for (const grant of call.args.grants) this.grants.get(grant)!.settled = true;
    call.confirm(outcome);
  }

  check(): void {
    for (const follower of this.followers) follower.check();
    expect(this.broken).toEqual([]);
  }

  /** The service answers everything, everybody leaves, and time passes. */
  async end(): Promise<void> {
    for (const { retention, retentions, subscription } of this.followers) {
      subscription.unsubscribe();
      retention?.release();
      for (const earlier of retentions) earlier.release();
    }
    const words = this.followers.map(({ word }) => word);
    const release = this.backend.onRelease!;
    this.backend.onRelease = (call) => {
      release(call);
      for (const grant of call.args.grants) this.grants.get(grant)!.settled = true;
      call.confirm();
    };
    while (this.unanswered().length > 0) this.grant(0, false, [TTL]);
    while (this.backend.releases.some(({ open }) => open)) this.answerRelease(0, 'released');
    this.time.advance(120_000);
    expect(this.broken).toEqual([]);
    expect(this.followers.map(({ word }) => word)).toEqual(words);
    for (const known of this.grants.values()) {
      if (!known.gone && !known.runsOut) expect(known.sent, 'a grant that was never given back').toBeGreaterThan(0);
    }
    expect(this.backend.renewals.filter(({ open }) => open)).toHaveLength(0);
    expect(this.backend.acquired.filter(({ open }) => open)).toHaveLength(0);
    expect(this.backend.releases.filter(({ open }) => open)).toHaveLength(0);
    expect(this.backend.watchers).toBe(0);
    expect(this.followers.filter(({ until }) => until.observed)).toHaveLength(0);
    expect(this.time.actions.filter((action) => !action.closed)).toHaveLength(0);
    await this.locks.close();
    expect(this.backend.revoked$.observed).toBe(false);
  }

  /** Abandoned locks run out by themselves: nothing is sent for them. */
  abandon(follower: Follower): void {
    const { lease, retention } = follower;
    if (lease === undefined || retention === undefined) return;
    const known = this.tokens.get(lease.fencingToken!)!;
    // It has not been given back yet, so it will not be: also one that has expired waits for its work.
    if (lease.isHeld || known.sent === 0) known.gone = true;
    retention.abandon();
    known.isRenewed = false;
  }

  private take(grants: readonly Grant[]): void {
    for (const grant of grants) {
      const known = this.grants.get(grant)!;
      known.gone = true;
      const holder = this.followers.find(({ lease }) => lease?.fencingToken === grant.fencingToken);
      if (holder?.lease?.isHeld === true) known.taken = true;
    }
  }

  private unanswered(): Acquisition[] {
    return this.backend.acquired.filter((call) => !this.answered.has(call));
  }
}

function limitOf(bounds: Bounds): number {
  return Math.min(...bounds.map(({ sentAt, ttl }) => Math.floor(sentAt + SAFETY * ttl)));
}

function pick<T>(from: readonly T[], at: number): T | undefined {
  return at < 0 ? from.at(at) : from[at % Math.max(1, from.length)];
}

const name = fc.constantFrom('a', 'b');
const at = fc.nat({ max: 50 });
const ttls = fc.constantFrom([TTL], [TTL], [2000], [TTL, 5000], [60_000]);
const options = fc.record(
  {
    onLost: fc.constantFrom('complete' as const, 'error' as const, 'reacquire' as const),
    wait: fc.constantFrom(true, true, false, 3000),
    renew: fc.boolean(),
    minHold: fc.constantFrom(0, 4000),
    maxHold: fc.constantFrom(7000, 30_000),
    keep: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** What may happen next. Each says what to do in the world. */
const step: fc.Arbitrary<(world: World) => void> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, options)
      .map(([n, o]) => labelled(`subscribe ${n} ${JSON.stringify(o)}`, (w) => w.subscribe(n, o))),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(name, options).map(([n, o]) =>
      labelled(`take ${n} ${JSON.stringify(o)}`, (w) => {
        w.subscribe(n, o);
        w.grant(-1, false, [TTL]);
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(at, fc.boolean(), ttls)
      .map(([i, confirm, t]) => labelled(`grant ${i} ${confirm} ${t}`, (w) => w.grant(i, confirm && i % 2 === 0, t))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(at, fc.constantFrom('held' as const, 'queued' as const, 'fail' as const, 'nothing' as const))
      .map(([i, how]) => labelled(`refuse ${i} ${how}`, (w) => w.refuse(i, how))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        at,
        fc.constantFrom(
          'confirm' as const,
          'confirm' as const,
          'refuse' as const,
          'fail' as const,
          'nothing' as const,
          'mixed' as const,
        ),
        ttls,
      )
      .map(([i, how, t]) => labelled(`renew ${i} ${how} ${t}`, (w) => w.renew(i, how, t))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(at, fc.constantFrom('released' as const, 'gone' as const, 'unknown' as const, 'fail' as const))
      .map(([i, outcome]) => labelled(`answer release ${i} ${outcome}`, (w) => w.answerRelease(i, outcome))),
  },
  { weight: 1, arbitrary: at.map((i) => labelled(`revoke ${i}`, (w) => w.revoke(i))) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(0, 1, 100, 100, 1555, 1555, 3334, 8001)
      .map((ms) => labelled(`advance ${ms}`, (w) => w.time.advance(ms))),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(at, ttls).map(([i, t]) =>
      labelled(`renew in time ${i} ${t}`, (w) => {
        w.time.advance(3334);
        w.renew(i, 'confirm', t);
      }),
    ),
  },
  // A suspended machine: time that no timer has seen.
  {
    weight: 1,
    arbitrary: fc.constantFrom(500, 9000).map((ms) => labelled(`suspend ${ms}`, (w) => void (w.clock.ahead += ms))),
  },
  {
    weight: 2,
    arbitrary: at.map((i) => labelled(`unsubscribe ${i}`, (w) => pick(w.followers, i)?.subscription.unsubscribe())),
  },
  { weight: 1, arbitrary: at.map((i) => labelled(`release ${i}`, (w) => void pick(w.followers, i)?.lease?.release())) },
  { weight: 1, arbitrary: at.map((i) => labelled(`until ${i}`, (w) => pick(w.followers, i)?.until.next())) },
  {
    weight: 1,
    arbitrary: at.map((i) => labelled(`work of ${i} stops`, (w) => pick(w.followers, i)?.retention?.release())),
  },
);

/** Long enough for a few lives of a lock. */
function script<T>(steps: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(steps, { maxLength: 80, size: 'max' });
}

function labelled(label: string, run: (world: World) => void): (world: World) => void {
  return Object.assign(run, { [fc.toStringMethod]: () => label });
}

beforeAll(() => {
  // These scripts wait for themselves all the time.
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

describe('whatever happens, in whatever order', () => {
  it('a lock is told of in order, believed no longer than confirmed, and given back once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), script(step), async (minHold, steps) => {
        const world = new World(minHold);
        for (const run of steps) {
          const words = world.followers.map(({ word, subscription }) => ({ word, left: subscription.closed }));
          run(world);
          // Nothing is heard after the end.
          words.forEach(({ word, left }, i) => {
            if (left) expect(world.followers[i]!.word).toBe(word);
          });
          world.check();
        }
        await world.end();
      }),
      { numRuns: 120 },
    );
  });

  it('a lock whose work never stops runs out, and is not renewed', async () => {
    const abandon = at.map((i) =>
      labelled(`work of ${i} will not stop`, (w) => {
        const follower = pick(w.followers, i);
        if (follower === undefined) return;
        follower.subscription.unsubscribe();
        w.abandon(follower);
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        script(fc.oneof({ weight: 12, arbitrary: step }, abandon)),
        async (minHold, steps) => {
          const world = new World(minHold);
          for (const run of steps) {
            run(world);
            world.check();
          }
          await world.end();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the embedded backend under many locks', () => {
  interface Held {
    readonly name: string;
    lease: Lease<bigint> | undefined;
    readonly subscription: Subscription;
  }

  it('excludes, grants with growing tokens, and forgets everything in the end', async () => {
    const action = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('take' as const),
          who: fc.nat(1),
          name,
          semaphore: fc.boolean(),
          options,
        }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), at }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), name }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 1, 3334, 10_001) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(script(action), async (actions) => {
        const time = new Time();
        const backend = memory();
        const both = ['one', 'two'].map((holder) =>
          createLocks(backend, { scheduler: time, holder, random: () => 0.5 }),
        );
        const all: Held[] = [];
        const tokens = new Map<string, bigint>();
        const stale: bigint[] = [];
        const take = (who: number, lockName: string, limit: number | undefined, lockOptions: LockOptions): void => {
          const key = limit === undefined ? lockName : `semaphore ${lockName}`;
          const locks = both[who]!;
          const lock$ =
            limit === undefined
              ? locks.lock$(lockName, TTL, lockOptions)
              : locks.semaphore$(lockName, limit, TTL, lockOptions);
          const held: Held = { name: key, lease: undefined, subscription: new Subscription() };
          all.push(held);
          held.subscription.add(
            lock$.subscribe({
              next: (event) => {
                if (event.type !== 'acquired') return;
                const { fencingToken } = (held.lease = event.lease);
                if (fencingToken <= (tokens.get(key) ?? 0n)) stale.push(fencingToken);
                tokens.set(key, fencingToken);
              },
              error: () => undefined,
            }),
          );
        };
        for (const one of actions) {
          if (one.do === 'take') {
            const { keep: _, ...lockOptions } = one.options;
            take(one.who, one.name, one.semaphore ? 2 : undefined, lockOptions);
          } else if (one.do === 'leave') pick(all, one.at)?.subscription.unsubscribe();
          else if (one.do === 'revoke') backend.revoke!(one.name).subscribe();
          else time.advance(one.ms);
          for (const [key, limit] of [
            ['a', 1],
            ['b', 1],
            ['semaphore a', 2],
            ['semaphore b', 2],
          ] as const) {
            const holders = all.filter((held) => held.name === key && held.lease?.isHeld === true);
            expect(holders.length).toBeLessThanOrEqual(limit);
          }
        }
        for (const { subscription } of all) subscription.unsubscribe();
        time.advance(60_000);
        expect(stale).toEqual([]);
        expect(await both[0]!.list()).toEqual([]);
        expect(time.actions.filter((scheduled) => !scheduled.closed)).toHaveLength(0);
        await Promise.all(both.map((locks) => locks.close()));
      }),
      { numRuns: 100 },
    );
  });
});
