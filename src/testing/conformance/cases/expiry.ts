import type { Bounds } from '../../../contract/backend.js';
import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check } from '../check.js';
import { isStillHeld } from './ownership.js';

/** The part of a ttl that a holder may believe in at most: clocks need not run at one rate. */
const SAFETY = 0.9;

function endOf(bounds: Bounds, factor: number): number {
  return Math.min(...bounds.map(({ sentAt, ttl }) => sentAt + factor * ttl));
}

/** A lock ends when its holder falls silent: not before the holder thinks so, and not much later. */
export const expiry: CaseGroup = {
  title: 'expiry',
  cases: [
    {
      title: 'hands over the lock of a silent holder, not before its deadline, and refuses it from then on',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        const { grant, bounds } = await a.take(name, { ttl: bench.short });
        const deadline = endOf(bounds, SAFETY);
        const complaint = 'the lock of a silent holder was not handed over';
        await bench.pause(Math.max(0, bench.short * SAFETY - 200));
        let taken = await b.ask(name).end();
        await bench.until(
          async () => taken.granted !== undefined || (taken = await b.ask(name).end()).granted !== undefined,
          complaint,
          bench.short + bench.patience,
        );
        const at = taken.times.at(-1) ?? 0;
        check(at >= deadline, `it was handed over ${String(Math.ceil(deadline - at))} ms before its holder's deadline`);
        const next = (await taken.grant()).grant;
        if (a.backend.features.fencing) {
          check((next.fencingToken ?? 0n) > (grant.fencingToken ?? 0n), 'the token did not grow when the lock ran out');
        }
        const [renewal] = await a.renew([grant]);
        check(renewal?.outcome === 'refused', `a grant that had run out was ${renewal?.outcome ?? 'not answered'}`);
        await a.release([grant]);
        await isStillHeld(bench, b, next, 'to release a grant that had run out');
      },
    },
    {
      title: 'keeps a lock that is renewed beyond its ttl',
      run: undisturbed(async (bench) => {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        const { grant, bounds } = await a.take(name, { ttl: bench.short });
        let end = endOf(bounds, 1);
        const until = bench.now() + bench.short * 1.4;
        while (bench.now() < until) {
          await bench.pause(bench.short / 5);
          const [renewal] = await a.renew([grant], bench.short);
          if (renewal?.outcome !== 'renewed') {
            check(false, `a renewal in time was ${renewal?.outcome ?? 'not answered'}`);
            return;
          }
          const renewed = endOf(renewal.bounds, 1);
          check(renewed > end, 'a renewal did not move the end of the lock');
          check(
            renewal.bounds.every(({ sentAt }) => sentAt <= bench.now()),
            'a renewal counts from a moment to come',
          );
          end = renewed;
          await b.ask(name).refusal();
        }
      }),
    },
    {
      title: 'renews a lock for a longer ttl than it was asked for with',
      run: undisturbed(async (bench) => {
        const [a, b] = [bench.client(), bench.client()];
        if (bench.long < bench.short * 2) return;
        const { grant } = await a.take(bench.name(), { ttl: bench.short });
        const [renewal] = await a.renew([grant], bench.long);
        if (renewal?.outcome !== 'renewed') {
          check(false, `a renewal for a longer ttl was ${renewal?.outcome ?? 'not answered'}`);
          return;
        }
        const whole = bench.short * 1.4;
        check(
          endOf(renewal.bounds, 1) > bench.now() + whole,
          'a renewal for a longer ttl confirmed no more than before',
        );
        await bench.pause(whole);
        await b.ask(grant.name).refusal();
        await isStillHeld(bench, a, grant, 'the time of its first ttl');
      }),
    },
    {
      title: 'keeps a lock for three ttls when createLocks renews it',
      slow: true,
      run: undisturbed(async (bench) => {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        const holding = bench.follow(a.locks.lock$(name, bench.short));
        const count = (type: string): number => holding.values.filter((event) => event.type === type).length;
        await bench.until(() => count('acquired') > 0, 'the lock was not acquired');
        const until = bench.now() + bench.short * 3;
        while (bench.now() < until) {
          await b.ask(name).refusal();
          await bench.pause(50);
        }
        check(count('lost') === 0, 'the lock was lost');
        check(count('renewed') >= 3, 'the lock was renewed less than three times');
        holding.unsubscribe();
        await b.becomesFree(name, 'the lock was not free after its subscription had ended');
      }),
    },
  ],
};

/** How often a case is run again because the machine stood still. */
const TRIES = 5;

/** A machine that stands still lets locks run out, and what is seen then says nothing of the service: again. */
function undisturbed(run: (bench: Bench) => Promise<void>): (bench: Bench) => Promise<void> {
  return async (bench) => {
    for (let tries = 1; ; tries++) {
      const stalled = bench.watchForStalls(bench.short / 5);
      try {
        await run(bench);
        return;
      } catch (error) {
        if (!stalled() || tries === TRIES) throw error;
      }
    }
  };
}
