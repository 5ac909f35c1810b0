import fc from 'fast-check';
import { labelled, often, pick, type Step } from './check.js';
import { TTL } from './follower.js';
import type { World } from './world.js';

export const name = fc.constantFrom('a', 'b');
/** Picks one of whatever there is. */
export const at = fc.nat({ max: 50 });
/** What the service grants: one bound, two, less than was asked for, more. */
const ttls = fc.constantFrom([TTL], [TTL], [2000], [TTL, 5000], [5000, TTL], [60_000]);

/** Options of a lock. */
export const options = fc.record(
  {
    onLost: fc.constantFrom('complete' as const, 'error' as const, 'reacquire' as const),
    wait: fc.constantFrom(true, true, false, 3000),
    renew: fc.boolean(),
    minHold: fc.constantFrom(0, 4000),
    maxHold: fc.constantFrom(7000, 30_000),
  },
  { requiredKeys: [] },
);

const wishes = fc
  .tuple(options, fc.record({ keep: fc.boolean(), cancels: fc.boolean() }, { requiredKeys: [] }))
  .map(([some, others]) => ({ ...some, ...others }));

const answers = fc.constantFrom('confirm', 'confirm', 'refuse', 'fail', 'nothing', 'mixed' as const);

/** What may happen next. */
export const step: fc.Arbitrary<Step<World>> = fc.oneof(
  often(
    3,
    fc
      .tuple(name, wishes)
      .map(([n, o]) => labelled(`subscribe ${n} ${JSON.stringify(o)}`, (world: World) => world.subscribe(n, o))),
  ),
  often(
    4,
    fc.tuple(name, wishes).map(([n, o]) =>
      labelled(`take ${n} ${JSON.stringify(o)}`, (world: World) => {
        world.subscribe(n, o);
        world.grant(-1, false, [TTL]);
      }),
    ),
  ),
  often(
    5,
    fc
      .tuple(at, fc.boolean(), ttls)
      .map(([i, confirm, t]) =>
        labelled(`grant ${i} ${confirm} ${t}`, (world: World) => world.grant(i, confirm && i % 2 === 0, t)),
      ),
  ),
  often(
    2,
    fc
      .tuple(at, fc.constantFrom('held', 'queued', 'fail', 'nothing' as const))
      .map(([i, how]) => labelled(`refuse ${i} ${how}`, (world: World) => world.refuse(i, how))),
  ),
  often(
    4,
    fc
      .tuple(at, answers, ttls)
      .map(([i, how, t]) => labelled(`renew ${i} ${how} ${t}`, (world: World) => world.renew(i, how, t))),
  ),
  often(
    2,
    fc
      .tuple(at, fc.constantFrom('released', 'gone', 'unknown', 'fail' as const))
      .map(([i, how]) => labelled(`answer release ${i} ${how}`, (world: World) => world.answerRelease(i, how))),
  ),
  often(
    1,
    at.map((i) => labelled(`revoke ${i}`, (world: World) => world.revoke(i))),
  ),
  often(
    6,
    fc
      .constantFrom(0, 1, 100, 100, 1555, 1555, 3334, 8001)
      .map((ms) => labelled(`advance ${ms}`, (world: World) => world.time.advance(ms))),
  ),
  often(
    5,
    fc.tuple(at, ttls).map(([i, t]) =>
      labelled(`renew in time ${i} ${t}`, (world: World) => {
        world.time.advance(3334);
        world.renew(i, 'confirm', t);
      }),
    ),
  ),
  // A suspended machine: time that no timer has seen.
  often(
    1,
    fc.constantFrom(500, 9000).map((ms) => labelled(`suspend ${ms}`, (world: World) => void (world.clock.ahead += ms))),
  ),
  often(
    1,
    fc
      .constantFrom(-3_600_000, -5000, 5000, 3_600_000)
      .map((ms) => labelled(`step the wall clock by ${ms}`, (world: World) => void (world.clock.stepped += ms))),
  ),
  often(
    2,
    at.map((i) => labelled(`unsubscribe ${i}`, (world: World) => pick(world.followers, i)?.subscription.unsubscribe())),
  ),
  often(
    1,
    at.map((i) => labelled(`release ${i}`, (world: World) => pick(world.followers, i)?.giveBack())),
  ),
  often(
    1,
    at.map((i) => labelled(`until ${i}`, (world: World) => pick(world.followers, i)?.until.next())),
  ),
  often(
    1,
    at.map((i) => labelled(`cancel ${i}`, (world: World) => pick(world.followers, i)?.canceller.abort())),
  ),
  often(
    1,
    at.map((i) => labelled(`work of ${i} stops`, (world: World) => pick(world.followers, i)?.retention?.release())),
  ),
);

/** Work that never stops: whatever it worked under has to run out. */
export const abandon: fc.Arbitrary<Step<World>> = at.map((i) =>
  labelled(`work of ${i} will not stop`, (world: World) => {
    const follower = pick(world.followers, i);
    if (follower === undefined) return;
    follower.subscription.unsubscribe();
    world.abandon(follower);
  }),
);
