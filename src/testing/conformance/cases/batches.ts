import type { CaseGroup } from '../case.js';
import { check } from '../check.js';
import type { Bench } from '../bench.js';
import type { BenchClient } from '../bench-client.js';
import type { Grant } from '../../../contract/backend.js';

/** Many at once. */
export const batches: CaseGroup = {
  title: 'batches',
  cases: [
    {
      title: 'answers a batch of renewals one by one: the current are renewed, the old refused',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const { current, old, foreign } = await mixture(bench, a, b);
        const answers = await a.renew([old, current, foreign, current]);
        const outcomes = answers.map(({ outcome }) => outcome).join();
        check(outcomes === 'refused,renewed,refused,renewed', `the batch was answered '${outcomes}'`);
      },
    },
    {
      title: 'answers a batch of releases one by one, and harms nobody else',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const { current, old, foreign, next } = await mixture(bench, a, b);
        const answers = await a.release([foreign, current, old]);
        check(answers.length === 3, `${String(answers.length)} of 3 releases were answered`);
        check(answers[1]?.outcome === 'released', `a lock that was held was answered '${answers[1]?.outcome ?? ''}'`);
        await b.becomesFree(current.name, 'a lock that was released in a batch is not free');
        await a.ask(foreign.name).refusal();
        const [renewal] = await b.renew([next]);
        check(renewal?.outcome === 'renewed', 'a batch of releases freed the lock of another');
      },
    },
    {
      title: 'answers empty batches',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        check((await a.renew([])).length === 0, 'an empty batch of renewals had answers');
        check((await a.release([])).length === 0, 'an empty batch of releases had answers');
      },
    },
    {
      title: 'takes many names at once and gives them back at once',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const names = Array.from({ length: bench.service.many ?? 50 }, () => bench.name());
        const attempts = names.map((name) => a.ask(name));
        for (const attempt of attempts) await attempt.grant();
        const grants = attempts.flatMap(({ granted }) => (granted === undefined ? [] : [granted.grant]));
        const renewals = await a.renew(grants);
        check(
          renewals.every(({ outcome }) => outcome === 'renewed'),
          'not all of many were renewed',
        );
        check(renewals.length === names.length, `${String(renewals.length)} of ${String(names.length)} were renewed`);
        const released = await a.release(grants);
        check(
          released.every(({ outcome }) => outcome === 'released'),
          'not all of many were released',
        );
        check(released.length === names.length, `${String(released.length)} of ${String(names.length)} were released`);
        for (const name of names) await b.becomesFree(name, 'one of many was not given back');
      },
    },
  ],
};

/** Grants of one client: one that it holds, one that it gave back, and one of a lock that another holds by now. */
async function mixture(
  bench: Bench,
  a: BenchClient,
  b: BenchClient,
): Promise<{ readonly current: Grant; readonly old: Grant; readonly foreign: Grant; readonly next: Grant }> {
  const { grant: current } = await a.take(bench.name());
  const { grant: old } = await a.take(bench.name());
  const { grant: foreign } = await a.take(bench.name());
  await a.release([old, foreign]);
  const { grant: next } = await b.takeSoon(foreign.name, 'a released lock was not granted to another');
  return { current, old, foreign, next };
}
