import fc from 'fast-check';
import type { Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createLocks } from '../../../src/locks/create-locks.js';
import type { Lease } from '../../../src/contract/lease.js';
import { ManualBackend } from '../../support/manual-backend.js';
import { Time } from '../../support/virtual.js';
import { disorder, holds, labelled, often, pick, script, type Step } from './support/check.js';

const SAFETY = 0.8;

/** Many leases of one keeper, each with a ttl of its own. */
class Crowd {
  private readonly time = new Time();
  private readonly backend = new ManualBackend();
  private readonly locks = createLocks(this.backend, { scheduler: this.time, random: () => 0.5 });
  private readonly held: { readonly lease: Lease; readonly subscription: Subscription }[] = [];
  /** What was confirmed last for each, counted from when it was asked. */
  private readonly deadlines = new Map<Lease, number>();
  private readonly ends = new Map<Lease, number>();

  constructor() {
    this.backend.onAcquire = (call) => call.grant();
  }

  take(ttl: number): void {
    const asked = this.time.now();
    const { held, deadlines, ends, time } = this;
    let lease: Lease | undefined;
    const subscription = this.locks.lock$(`lock-${String(held.length)}`, ttl).subscribe((event) => {
      if (event.type === 'acquired') lease = event.lease;
      if (event.type === 'lost') ends.set(event.lease, time.now());
    });
    if (lease === undefined) throw new Error('not granted at once');
    held.push({ lease, subscription });
    deadlines.set(lease, asked + SAFETY * ttl);
  }

  leave(at: number): void {
    const one = pick(this.held, at);
    one?.subscription.unsubscribe();
    if (one !== undefined && !this.ends.has(one.lease)) this.deadlines.delete(one.lease);
  }

  /** Some batch is answered: one in three of its members, and the rest of it never. */
  renew(at: number): void {
    const call = pick(
      this.backend.renewals.filter(({ open }) => open),
      at,
    );
    if (call === undefined) return;
    call.args.grants.forEach(({ name }, index) => {
      if ((at + index) % 3 !== 0) return;
      const ttl = call.args.ttls[index]!;
      const one = this.held.find(({ lease }) => lease.name === name);
      if (one !== undefined && this.deadlines.has(one.lease) && !this.ends.has(one.lease)) {
        this.deadlines.set(one.lease, Math.max(this.deadlines.get(one.lease)!, call.at + SAFETY * ttl));
      }
      call.next({ index, outcome: 'renewed', bounds: [{ sentAt: call.at, ttl }] });
    });
  }

  advance(ms: number): void {
    this.time.advance(ms);
  }

  check(): void {
    expect(disorder(this.locks)).toEqual([]);
    // Each is lost at its own deadline, to the millisecond, and the others are kept.
    const now = this.time.now();
    const wrong: string[] = [];
    for (const [lease, deadline] of this.deadlines) {
      const [end, left] = [this.ends.get(lease), Math.floor(deadline) - now];
      const isRight = left <= 0 ? end === Math.floor(deadline) : end === undefined && lease.remaining() === left;
      if (!isRight) wrong.push(`${lease.name}: ended ${String(end)}, should at ${String(deadline)}, is ${String(now)}`);
    }
    expect(wrong).toEqual([]);
  }

  async end(): Promise<void> {
    for (const { subscription } of this.held) subscription.unsubscribe();
    this.advance(60_000);
    await this.locks.close();
  }
}

const at = fc.nat({ max: 1000 });
const ttl = fc.integer({ min: 1000, max: 20_000 });
const step: fc.Arbitrary<Step<Crowd>> = fc.oneof(
  often(
    3,
    fc.array(ttl, { minLength: 1, maxLength: 20, size: 'max' }).map((ttls) =>
      labelled(`take ${ttls.join(' ')}`, (crowd: Crowd) => {
        for (const one of ttls) crowd.take(one);
      }),
    ),
  ),
  often(
    3,
    at.map((i) => labelled(`leave ${i}`, (crowd: Crowd) => crowd.leave(i))),
  ),
  often(
    6,
    at.map((i) => labelled(`renew ${i}`, (crowd: Crowd) => crowd.renew(i))),
  ),
  often(
    4,
    fc.integer({ min: 0, max: 3000 }).map((ms) => labelled(`advance ${ms}`, (crowd: Crowd) => crowd.advance(ms))),
  ),
);

describe('the heap of a keeper of many', () => {
  it('stays a heap, and each lease is lost at its own deadline', async () => {
    await holds(60, script(step), async (steps) => {
      const crowd = new Crowd();
      for (const run of steps) {
        run(crowd);
        crowd.check();
      }
      await crowd.end();
    });
  });
});
