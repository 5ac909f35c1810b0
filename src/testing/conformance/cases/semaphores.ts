import { Subscription } from 'rxjs';
import { LockValidationError } from '../../../contract/errors.js';
import type { LockEvent } from '../../../contract/lease.js';
import type { CaseGroup } from '../case.js';
import { check, describeError } from '../check.js';
import type { BenchClient } from '../bench-client.js';
import { whereSupported, type Ability } from '../where-supported.js';

const SEMAPHORES: Ability = {
  features: ['semaphore'],
  what: 'a semaphore',
  ask: ({ bench, locks }, name) => locks.semaphore$(name, 2, bench.long),
};

/** Locks that several may hold. Without them, asking for one must fail at the call. */
export const semaphores: CaseGroup = {
  title: 'semaphores',
  cases: [
    whereSupported(SEMAPHORES, 'let in as many as their limit says', async (bench, [a, b]) => {
      const name = bench.name();
      const { grant: first } = await a.take(name, { limit: 2 });
      const { grant: second } = await b.take(name, { limit: 2 });
      await a.ask(name, { limit: 2 }).refusal();
      await b.ask(name, { limit: 2 }).refusal();
      await a.release([first]);
      const { grant: third } = await b.takeSoon(name, 'a place that was given back was not granted', { limit: 2 });
      await a.ask(name, { limit: 2 }).refusal();
      const renewals = [...(await a.renew([first])), ...(await b.renew([second, third]))];
      const outcomes = renewals.map(({ outcome }) => outcome).join();
      check(outcomes === 'refused,renewed,renewed', `places were answered '${outcomes}' when they were renewed`);
      if (!a.backend.features.fencing) return;
      const tokens = [first, second, third].map(({ fencingToken }) => fencingToken ?? 0n);
      check(new Set(tokens).size === 3, 'two places have the same token');
      check((tokens[2] ?? 0n) > (tokens[1] ?? 0n), 'the token of a later place is not greater');
    }),
    whereSupported(SEMAPHORES, 'refuse another limit while they are held', async (bench, [a, b]) => {
      const name = bench.name();
      await a.take(name, { limit: 2 });
      const attempt = await b.ask(name, { limit: 3 }).end();
      check(attempt.failed, `another limit was answered with ${attempt.outcome}`);
      const { error } = attempt;
      check(error instanceof LockValidationError, `another limit failed with ${describeError(error)}`);
    }),
    whereSupported(SEMAPHORES, 'have names of their own', async (bench, [a, b]) => {
      const name = bench.name();
      await a.take(name);
      await b.take(name, { limit: 1 });
      await b.ask(name).refusal();
      await a.ask(name, { limit: 1 }).refusal();
    }),
    whereSupported(SEMAPHORES, 'never hold more than their limit in a crowd', async (bench, clients) => {
      const name = bench.name();
      let inside = 0;
      let most = 0;
      const visit = async (client: BenchClient): Promise<void> => {
        const locks = client.moreLocks();
        const visiting = await new Promise<Subscription>((resolve, reject) => {
          const subscription = new Subscription();
          const next = ({ type }: Pick<LockEvent, 'type'>): void => {
            if (type !== 'acquired') return;
            most = Math.max(most, ++inside);
            resolve(subscription);
          };
          subscription.add(locks.semaphore$(name, 3, bench.long).subscribe({ next, error: reject }));
        });
        await bench.pause(5);
        inside--;
        visiting.unsubscribe();
      };
      const visits = clients.flatMap((client) => Array.from({ length: 8 }, () => visit(client)));
      await bench.within(Promise.all(visits), 'not everybody was served', bench.patience * 2);
      check(most <= 3, `${String(most)} held a semaphore of 3`);
    }),
  ],
};
