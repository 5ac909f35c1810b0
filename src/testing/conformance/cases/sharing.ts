import type { Bench } from '../bench.js';
import type { BenchClient } from '../bench-client.js';
import type { CaseGroup } from '../case.js';
import { check } from '../check.js';
import { whereSupported, type Ability } from '../where-supported.js';

const SHARED = { mode: 'shared' } as const;

const SHARING: Ability = {
  features: ['shared'],
  what: 'a shared lock',
  ask: ({ bench, locks }, name) => locks.lock$(name, bench.long, SHARED),
};

/** Locks that readers share, and writers do not. Without them, asking for one must fail at the call. */
export const sharing: CaseGroup = {
  title: 'shared locks',
  cases: [
    whereSupported(SHARING, 'let in any number of readers, or one writer', async (bench, [a, b]) => {
      const name = bench.name();
      const { grant: first } = await a.take(name, SHARED);
      const { grant: second } = await b.take(name, SHARED);
      const { grant: third } = await a.take(name, SHARED);
      await a.ask(name).refusal();
      await b.ask(name).refusal();
      await a.release([first, third]);
      await a.ask(name).refusal();
      await b.release([second]);
      const { grant: writer } = await a.takeSoon(name, 'a lock that all readers gave back was not granted to a writer');
      await b.ask(name, SHARED).refusal();
      await b.ask(name).refusal();
      if (!a.backend.features.fencing) return;
      const tokens = [first, second, third, writer].map(({ fencingToken }) => fencingToken ?? 0n);
      const grows = tokens.every((token, i) => i === 0 || token > (tokens[i - 1] ?? 0n));
      check(grows, `tokens do not grow from reader to reader to writer: ${tokens.join()}`);
    }),
    whereSupported(SHARING, 'are renewed and given back by each reader for himself', async (bench, [a, b]) => {
      const name = bench.name();
      const { grant: first } = await a.take(name, SHARED);
      const { grant: second } = await b.take(name, SHARED);
      const [released] = await a.release([first]);
      check(released?.outcome === 'released', `a reader's release was answered '${String(released?.outcome)}'`);
      const outcomes = [...(await a.renew([first])), ...(await b.renew([second]))].map(({ outcome }) => outcome).join();
      check(outcomes === 'refused,renewed', `readers were answered '${outcomes}', the first of whom had given it back`);
      await a.ask(name).refusal();
    }),
    whereSupported(SHARING, 'let no reader pass a writer who waits, where it has a queue', async (bench, [a, b]) => {
      if (!a.backend.features.fifo) return;
      const name = bench.name();
      const queued = async (client: BenchClient, mode?: 'shared'): Promise<ReturnType<BenchClient['ask']>> => {
        const attempt = client.ask(name, { mode, wait: true });
        await bench.until(() => attempt.queued || attempt.settled, 'who waits was neither queued nor refused');
        check(!attempt.settled, `a ${mode === undefined ? 'writer' : 'reader'} did not wait: ${attempt.outcome}`);
        return attempt;
      };
      const { grant } = await a.take(name, SHARED);
      const writer = await queued(b);
      await a.ask(name, SHARED).refusal();
      const readers = [await queued(a, 'shared'), await queued(b, 'shared')];
      const last = await queued(b);
      await a.release([grant]);
      const written = await writer.grant();
      check(!readers.some(({ settled }) => settled), 'a reader has a lock that a writer has');
      await b.release([written.grant]);
      for (const reader of readers) await reader.grant();
      check(!last.settled, 'a writer has a lock that readers have');
    }),
    whereSupported(
      SHARING,
      'serve readers and writers in a crowd, no writer with anybody else',
      async (bench, clients) => {
        await crowd(bench, clients);
      },
    ),
    whereSupported(SHARING, 'tell their mode and how many hold them, as far as they tell', async (bench, [a, b]) => {
      const name = bench.name();
      const tells = async (mode: 'shared' | 'exclusive', holders: number): Promise<void> => {
        const told = await b.statusBecomes(name, 'held');
        check(told.mode === undefined || told.mode === mode, `a lock held ${mode} is told to be ${String(told.mode)}`);
        const count = String(told.holders);
        check(
          told.holders === undefined || told.holders === holders,
          `${count} hold a lock that ${String(holders)} hold`,
        );
        const refused = b.ask(name);
        await refused.refusal();
        const [signal] = refused.signals;
        const heldMode = signal?.type === 'held' ? signal.mode : undefined;
        check(
          heldMode === undefined || heldMode === mode,
          `who is refused is told that it is held ${String(heldMode)}`,
        );
      };
      const readers = [await a.take(name, SHARED), await a.take(name, SHARED)];
      await tells('shared', 2);
      await a.release(readers.map(({ grant }) => grant));
      await a.takeSoon(name, 'a lock that all readers gave back was not granted to a writer');
      await tells('exclusive', 1);
    }),
    {
      ...whereSupported(SHARING, 'serve a writer when the last silent reader runs out', async (bench, [a, b]) => {
        const name = bench.name();
        const { grant } = await a.take(name, SHARED);
        await a.take(name, { ...SHARED, ttl: bench.short });
        const waiting = b.locks.acquire(name, bench.long);
        await bench.pause(bench.short / 2);
        await a.release([grant]);
        const lease = await bench.within(waiting, 'a writer was not served', bench.short + bench.patience);
        await lease.release();
      }),
      slow: true,
    },
  ],
};

async function crowd(bench: Bench, clients: readonly BenchClient[]): Promise<void> {
  const name = bench.name();
  const inside = { shared: 0, exclusive: 0 };
  const wrong = new Set<string>();
  let entries = 0;
  let together = 0;
  const visit = async (client: BenchClient, mode: 'shared' | 'exclusive'): Promise<void> => {
    const work = async (): Promise<void> => {
      entries++;
      inside[mode]++;
      if (inside.exclusive > 0 && inside.exclusive + inside.shared > 1) {
        wrong.add(
          `${String(inside.exclusive)} writers and ${String(inside.shared)} readers were inside at the same time`,
        );
      }
      together = Math.max(together, inside.shared);
      await bench.pause(5);
      inside[mode]--;
    };
    const locks = client.moreLocks();
    for (let i = 0; i < 3; i++) await locks.using(name, bench.long, work, { mode });
  };
  const modes = ['shared', 'shared', 'exclusive', 'shared'] as const;
  const visits = clients.flatMap((client) => modes.map((mode) => visit(client, mode)));
  await bench.within(Promise.all(visits), 'not everybody was served', bench.patience * 4);
  check(wrong.size === 0, [...wrong].join('; '));
  check(entries === visits.length * 3, 'somebody was served too often');
  check(together > 1, 'readers were never inside together');
}
