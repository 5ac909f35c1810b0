import type { CaseGroup } from '../case.js';
import { check } from '../check.js';
import { whereSupported, type Ability } from '../where-supported.js';

const PERMITS: Ability = {
  features: ['semaphore', 'permits'],
  what: 'more than one permit',
  ask: ({ bench, locks }, name) => locks.semaphore$(name, 5, bench.long, { permits: 2 }),
};

/** Semaphores of which several permits are taken at once. Without them, asking for two must fail at the call. */
export const permits: CaseGroup = {
  title: 'permits',
  cases: [
    whereSupported(PERMITS, 'are given all or none, and all come back', async (bench, [a, b]) => {
      const name = bench.name();
      const three = { limit: 5, permits: 3 };
      const { grant } = await a.take(name, three);
      await b.ask(name, three).refusal();
      const { grant: rest } = await b.take(name, { limit: 5, permits: 2 });
      await a.ask(name, { limit: 5 }).refusal();
      const [renewal] = await a.renew([grant]);
      check(
        renewal?.outcome === 'renewed',
        `3 permits were answered '${String(renewal?.outcome)}' when they were renewed`,
      );
      await a.release([grant]);
      const { grant: again } = await b.takeSoon(name, 'permits that were given back were not granted', three);
      await a.ask(name, { limit: 5 }).refusal();
      await b.release([rest, again]);
      await a.takeSoon(name, 'all permits were given back, but are not granted at once', { limit: 5, permits: 5 });
    }),
    whereSupported(
      PERMITS,
      'are not given to who comes later and wants fewer, where it has a queue',
      async (bench, [a, b]) => {
        if (!a.backend.features.fifo) return;
        const name = bench.name();
        const { grant } = await a.take(name, { limit: 3, permits: 2 });
        const large = b.ask(name, { limit: 3, permits: 3, wait: true });
        await bench.until(() => large.queued || large.settled, 'who wants all permits was neither queued nor refused');
        await a.ask(name, { limit: 3 }).refusal();
        const small = a.ask(name, { limit: 3, wait: true });
        await bench.until(() => small.queued || small.settled, 'who wants one permit was neither queued nor refused');
        check(!small.settled, `who wants one permit passed who waits for all: ${small.outcome}`);
        await a.release([grant]);
        const all = await large.grant();
        check(!small.settled, `4 of 3 permits are held: ${small.outcome}`);
        await b.release([all.grant]);
        await small.grant();
      },
    ),
  ],
};
