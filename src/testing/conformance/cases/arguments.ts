import { LockValidationError } from '../../../contract/errors.js';
import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check, describeError } from '../check.js';
import type { BenchClient } from '../bench-client.js';

const GOOD_SUFFIXES = ['-x', '_Y', '.9', '/part', '/a/b.c'];

/** Clocks need not run at one rate. */
const SAFETY = 0.9;

/** Names and times that are accepted and refused. */
export const argumentCases: CaseGroup = {
  title: 'arguments',
  cases: [
    {
      title: 'takes good names, each for itself',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const base = bench.name();
        const names = ['', ...(bench.service.goodSuffixes ?? GOOD_SUFFIXES)].map((suffix) => base + suffix);
        for (const name of names) await a.take(name);
        for (const name of names) await b.ask(name).refusal();
        for (const name of names) check((await b.status(name)).name === name, 'a status has another name');
      },
    },
    {
      title: 'refuses bad names',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        for (const name of bench.service.badNames ?? ['']) {
          const error = await failureOf(bench, a, name, bench.long);
          const shown = JSON.stringify(name.slice(0, 20));
          check(
            error instanceof LockValidationError,
            `the bad name ${shown} was answered with ${describeError(error)}`,
          );
        }
      },
    },
    {
      title: 'refuses a ttl that it cannot express',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        const { min, max, step } = a.backend.ttl ?? { min: 1000, max: 3_600_000, step: 1 };
        const bad = [min - 1, max + step, ...(step > 1 ? [min + 1] : [])].filter((ttl) => ttl > 0);
        for (const ttl of bad) {
          const text = `${String(ttl)}ms`;
          const error = await failureOf(bench, a, bench.name(), text);
          check(error instanceof LockValidationError, `a ttl of ${text} was answered with ${describeError(error)}`);
        }
        check(min > 0 && max >= min && step > 0, 'backend.ttl makes no sense');
        const { bounds } = await a.take(bench.name(), { ttl: min });
        check(bounds.length > 0, 'a grant hangs on no bound');
      },
    },
    {
      title: 'keeps a lock taken until minHold has passed',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        const minHold = 700;
        const before = bench.now();
        const lease = await a.locks.acquire(name, bench.long, { minHold });
        void lease.release();
        check(!lease.isHeld, 'a lease says that it is held after its release');
        await b.takeSoon(name, 'a lock was not free after minHold');
        const taken = Math.round(bench.now() - before);
        // The service's clock may run a little faster than ours.
        check(
          taken >= minHold * SAFETY,
          `a lock with a minHold of ${String(minHold)} ms was free after ${String(taken)} ms`,
        );
      },
    },
  ],
};

/** What comes of asking, whether it is thrown at the call or told by the stream. */
async function failureOf(bench: Bench, client: BenchClient, name: string, ttl: number | string): Promise<unknown> {
  const asking = client.locks.tryAcquire(name, ttl).then(
    () => 'a grant',
    (error: unknown) => error,
  );
  return bench.within(asking, 'a bad argument was not answered');
}
