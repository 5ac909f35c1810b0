import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check } from '../check.js';
import type { BenchClient } from '../bench-client.js';

/** Nobody holds what another holds. */
export const exclusion: CaseGroup = {
  title: 'exclusion',
  cases: [
    {
      title: 'grants a free lock, and completes',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        const attempt = a.ask(bench.name());
        await attempt.grant();
        await bench.until(() => attempt.completed, 'a granted attempt did not complete');
        check(attempt.signals.length === 1, 'a free lock was granted with more than one signal');
      },
    },
    {
      title: 'refuses a second contender of the same client',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        await refusesWhileHeld(bench, a, a);
      },
    },
    {
      title: 'refuses a second client',
      async run(bench: Bench): Promise<void> {
        await refusesWhileHeld(bench, bench.client(), bench.client());
      },
    },
    {
      title: 'does nothing before it is subscribed to, and makes one attempt for each subscription',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        const request = { name, ttl: bench.long, wait: false, holder: 'nobody', stray: () => undefined };
        a.backend.acquire(request);
        await b.becomesFree(name, 'an attempt that nobody subscribed to holds the lock');
        const attempts = [a.ask(name), a.ask(name)];
        for (const attempt of attempts) await attempt.end();
        check(
          attempts.filter(({ granted }) => granted !== undefined).length === 1,
          'two subscriptions were granted one lock',
        );
      },
    },
    {
      title: 'lets one in at a time, of many on two clients',
      run: (bench: Bench): Promise<void> => crowd(bench, 5, 4),
    },
    {
      title: 'lets one in at a time, of a crowd that comes back again and again',
      slow: true,
      run: (bench: Bench): Promise<void> => crowd(bench, 15, 10),
    },
  ],
};

async function refusesWhileHeld(bench: Bench, holder: BenchClient, other: BenchClient): Promise<void> {
  const name = bench.name();
  const { grant } = await holder.take(name);
  await other.ask(name).refusal();
  await other.ask(name).refusal();
  await other.take(bench.name());
  const [released] = await holder.release([grant]);
  check(
    released?.outcome === 'released',
    `the release of a lock that is held was answered '${released?.outcome ?? 'not at all'}'`,
  );
  await other.takeSoon(name, 'a released lock was not granted to another');
  await holder.ask(name).refusal();
}

async function crowd(bench: Bench, contenders: number, rounds: number): Promise<void> {
  const name = bench.name();
  const clients = [bench.client(), bench.client()];
  let inside = 0;
  let most = 0;
  let entries = 0;
  const work = async (): Promise<void> => {
    entries++;
    most = Math.max(most, ++inside);
    await bench.pause(1);
    inside--;
  };
  const contend = async (client: BenchClient): Promise<void> => {
    const locks = client.moreLocks();
    for (let i = 0; i < rounds; i++) await locks.using(name, bench.long, work);
  };
  const all = clients.flatMap((client) => Array.from({ length: contenders }, () => contend(client)));
  await bench.within(Promise.all(all), 'not everybody was served', bench.patience * 4);
  check(most === 1, `${String(most)} held one lock at the same time`);
  check(entries === clients.length * contenders * rounds, 'somebody was served too often');
}
