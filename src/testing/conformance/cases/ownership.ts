import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check } from '../check.js';
import type { BenchClient } from '../bench-client.js';
import type { Grant } from '../../../contract/backend.js';

/** What is over harms nobody. */
export const ownership: CaseGroup = {
  title: 'ownership',
  cases: [
    {
      title: "does not touch the next holder's lock when an old grant is released again",
      run: (bench: Bench): Promise<void> => staleIsHarmless(bench, bench.client(), bench.client(), 'release'),
    },
    {
      title: "does not touch the same client's next lock when its old grant is released again",
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        await staleIsHarmless(bench, a, a, 'release');
      },
    },
    {
      title: 'refuses to renew an old grant, while another holds the lock',
      run: (bench: Bench): Promise<void> => staleIsHarmless(bench, bench.client(), bench.client(), 'renew'),
    },
    {
      title: 'refuses to renew an old grant, while the same client holds the lock anew',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        await staleIsHarmless(bench, a, a, 'renew');
      },
    },
    {
      title: 'answers a second release without an error',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        const { grant } = await a.take(bench.name());
        await a.release([grant]);
        const [again] = await a.release([grant]);
        check(again !== undefined, 'a second release was not answered');
        check(again.outcome !== 'unknown', 'a second release was answered as unknown');
      },
    },
    {
      title: 'does not renew what is released',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const { grant } = await a.take(bench.name());
        await a.release([grant]);
        const [renewal] = await a.renew([grant]);
        check(
          renewal?.outcome === 'refused',
          `a released grant was ${renewal?.outcome ?? 'not answered'} when it was renewed`,
        );
        await b.becomesFree(grant.name, 'the renewal of a released grant took the lock again');
      },
    },
  ],
};

async function staleIsHarmless(
  bench: Bench,
  first: BenchClient,
  second: BenchClient,
  what: 'renew' | 'release',
): Promise<void> {
  const name = bench.name();
  const { grant: old } = await first.take(name);
  await first.release([old]);
  const { grant: current } = await second.takeSoon(name, 'a released lock was not granted again');
  if (what === 'release') await first.release([old]);
  else {
    const [renewal] = await first.renew([old]);
    check(renewal?.outcome === 'refused', `an old grant was ${renewal?.outcome ?? 'not answered'} when it was renewed`);
  }
  await isStillHeld(bench, second, current, `to ${what} an old grant`);
}

/** Its holder can renew it, and nobody else gets it. */
export async function isStillHeld(bench: Bench, holder: BenchClient, grant: Grant, after: string): Promise<void> {
  const other = bench.client();
  const attempt = await other.ask(grant.name).end();
  check(attempt.granted === undefined, `${after} freed the lock of its holder`);
  const [renewal] = await holder.renew([grant]);
  check(renewal?.outcome === 'renewed', `${after} made the holder's own renewal ${renewal?.outcome ?? 'unanswered'}`);
}
