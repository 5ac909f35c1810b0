import { EMPTY } from 'rxjs';
import { LockClosedError } from '../../../contract/errors.js';
import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check, describeError, fail } from '../check.js';

/** The end of it all. */
export const closing: CaseGroup = {
  title: 'closing',
  cases: [
    {
      title: 'errors those who wait',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        await a.take(name);
        const raw = b.ask(name, { wait: true });
        await bench.until(() => raw.queued || raw.settled, 'a waiter was neither queued nor refused');
        const failure = b.locks.acquire(name, bench.long).then(
          () => 'a grant',
          (error: unknown) => error,
        );
        await bench.pause(20);
        if (a.backend !== b.backend) {
          bench.closedBackends.add(b.backend);
          await bench.within(b.backend.close(), 'the backend did not close');
          if (raw.queued) {
            await bench.until(() => raw.failed, 'a queued attempt did not end when its backend was closed');
            check(raw.error instanceof LockClosedError, `a queued attempt ended with ${describeError(raw.error)}`);
          }
        }
        await bench.within(b.locks.close(), 'locks did not close');
        const error = await bench.within(failure, 'a waiter was not told of the close');
        check(error instanceof LockClosedError, `a waiter was told ${describeError(error)}`);
      },
    },
    {
      title: 'gives back what is held',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const names = [bench.name(), bench.name()];
        for (const name of names) await a.locks.acquire(name, bench.long);
        await bench.within(a.locks.close(), 'locks did not close');
        for (const name of names) await b.becomesFree(name, 'a lock is still held after its locks were closed');
      },
    },
    {
      title: 'takes a second close, and refuses what comes after the first',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        if (a.backend === b.backend) {
          await bench.within(Promise.all([a.locks.close(), a.locks.close()]), 'locks did not close');
        } else {
          bench.closedBackends.add(b.backend);
          await bench.within(b.backend.close(), 'the backend did not close');
          await bench.within(b.backend.close(), 'the backend did not close a second time');
          const attempt = await b.ask(name).end();
          check(attempt.error instanceof LockClosedError, `after the close, an attempt got ${attempt.outcome}`);
          await bench.within(b.locks.close(), 'locks did not close');
          await a.becomesFree(name, 'an attempt after the close took the lock');
          return;
        }
        const error = await a.locks.acquire(name, bench.long).catch((failure: unknown) => failure);
        check(error instanceof LockClosedError, 'closed locks were granted');
      },
    },
    {
      title: 'leaves nothing behind',
      async run(bench: Bench): Promise<void> {
        const before = resources();
        const [a, b] = [bench.client(), bench.client()];
        const names = Array.from({ length: 5 }, () => bench.name());
        for (const name of names) {
          await a.locks.using(name, bench.long, async () => {
            const waiting = bench.follow(b.moreLocks().lock$(name, bench.long));
            const watching = bench.follow(b.backend.watch?.(name) ?? EMPTY);
            await bench.pause(5);
            waiting.unsubscribe();
            watching.unsubscribe();
          });
        }
        for (const name of names) await b.statusBecomes(name, 'free');
        await bench.closeClients();
        let left: readonly string[] = [];
        const settled = (): boolean => (left = surplus(before, resources())).length === 0;
        await bench.until(settled, '').catch(() => {
          fail(`after the close, these keep the process alive: ${left.join(', ')}`);
        });
      },
    },
  ],
};

/** How many there are of each thing that keeps the process alive, where the platform tells. */
function resources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (typeof process === 'undefined') return counts;
  for (const type of process.getActiveResourcesInfo?.() ?? []) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

function surplus(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): readonly string[] {
  return [...now].flatMap(([type, count]) => {
    const more = count - (before.get(type) ?? 0);
    return more > 0 ? [`${String(more)} × ${type}`] : [];
  });
}
