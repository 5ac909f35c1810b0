import { defer, EMPTY, toArray, type Observable } from 'rxjs';
import { LockNetworkError } from '../../../contract/errors.js';
import type { LockBackend } from '../../../contract/backend.js';
import type { LockStatus } from '../../../contract/status.js';
import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check, describeError } from '../check.js';

/** What the service tells of its locks. */
export const observing: CaseGroup = {
  title: 'observing',
  cases: [
    {
      title: 'tells the status of a lock',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        const free = await b.status(name);
        check(free.status === 'free', 'a lock that nobody ever took is not free');
        check(free.name === name, 'a status has another name');
        const { grant } = await a.take(name);
        const held = await b.statusBecomes(name, 'held');
        check(
          held.fencingToken === undefined || held.fencingToken === grant.fencingToken,
          'a status has a wrong token',
        );
        JSON.stringify(held);
        await a.release([grant]);
        await b.statusBecomes(name, 'free');
      },
    },
    {
      title: 'answers once, and completes, when it is asked for a status or a list',
      async run(bench: Bench): Promise<void> {
        const { backend } = bench.client();
        const name = bench.name();
        const questions: Record<string, Observable<unknown> | undefined> = {
          status: backend.status(name),
          list: backend.list?.(name),
        };
        for (const [what, answer$] of Object.entries(questions)) {
          if (answer$ === undefined) continue;
          const answers = await bench.collect(answer$.pipe(toArray()), `a ${what} was not answered to its end`);
          check(answers.length === 1, `a ${what} was answered ${String(answers.length)} times`);
        }
      },
    },
    {
      title: 'tells of revocations as long as it is open',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        if (a.backend.revoked$ === undefined) return;
        const revocations = bench.follow(a.backend.revoked$);
        const { grant } = await a.take(bench.name());
        await a.renew([grant]);
        await a.release([grant]);
        check(revocations.errors.length === 0, `revoked$ failed: ${describeError(revocations.errors[0])}`);
        check(!revocations.completed, 'revoked$ completed');
      },
    },
    {
      title: 'shows the metadata of a holder, where it has any',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const { grant } = await a.take(bench.name(), { metadata: 'build 17, "ünï"' });
        const { metadata } = await b.statusBecomes(grant.name, 'held');
        if (a.backend.features.metadata) {
          check(metadata === 'build 17, "ünï"', 'the metadata is not what was stored');
          const { grant: plain } = await a.take(bench.name());
          const without = await b.statusBecomes(plain.name, 'held');
          check((without.metadata ?? '') === '', 'a lock without metadata has some');
        } else check(metadata === undefined, 'there is metadata although features.metadata is false');
      },
    },
    {
      title: 'watches a lock: what it is now, and each change',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        if (b.backend.watch === undefined) {
          check(!b.backend.features.push, 'features.push is true, but there is no watch');
          return;
        }
        const name = bench.name();
        const watch = bench.follow(watched$(b.backend, name));
        const shows = async (status: string, when: string): Promise<void> => {
          const hasFailed = (): boolean => watch.errors.length > 0;
          await bench.until(
            () => hasFailed() || watch.values.at(-1)?.status === status,
            `the watch did not show '${status}' ${when}`,
          );
          check(!hasFailed(), `a watch failed: ${describeError(watch.errors[0])}`);
        };
        await shows('free', 'at first');
        for (let i = 0; i < 3; i++) {
          const { grant } = await a.takeSoon(name, 'a released lock was not granted again');
          await shows('held', 'after the grant');
          await a.release([grant]);
          await shows('free', 'after the release');
        }
        await a.take(name);
        const late = bench.follow(watched$(b.backend, name));
        await bench.until(() => late.values.at(-1)?.status === 'held', "a late watcher was not shown 'held'");
        check(watch.errors.length + late.errors.length === 0, 'a watch failed');
        check(
          watch.values.every((status) => status.name === name),
          'a watch told of another name',
        );
      },
    },
    {
      title: 'waits for a service that cannot be reached to watch a lock of it',
      async run(bench: Bench): Promise<void> {
        const backend = bench.service.createUnreachable?.();
        if (backend === undefined) return;
        const { locks } = bench.clientOf(backend);
        const name = bench.name();
        const watch = bench.follow(locks.watch$(name));
        // Whoever does not wait is told so: by then the watch knows it as well.
        const attempt = bench.follow(locks.lock$(name, bench.long, { wait: false }));
        await bench.until(() => attempt.errors.length > 0, 'an attempt without waiting did not fail');
        const [error] = attempt.errors;
        check(error instanceof LockNetworkError, `it failed with ${describeError(error)}`);
        check(watch.errors.length === 0, `a watch failed: ${describeError(watch.errors[0])}`);
        check(!watch.completed, 'a watch completed');
      },
    },
    {
      title: 'lists what is held',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        if (b.backend.list === undefined) return;
        const prefix = bench.name();
        const names = ['-1', '-2', '-3'].map((suffix) => prefix + suffix);
        await a.take(bench.name());
        const attempts = names.map((name) => a.ask(name));
        for (const attempt of attempts) await attempt.grant();
        const listed = async (): Promise<string> => {
          const list = await b.locks.list(prefix);
          return list
            .filter(({ status }) => status === 'held')
            .map(({ name }) => name)
            .sort()
            .join();
        };
        await bench.until(async () => (await listed()) === names.join(), 'the list does not show what is held');
        const first = await attempts[0]?.grant();
        if (first !== undefined) await a.release([first.grant]);
        await bench.until(async () => (await listed()) === names.slice(1).join(), 'the list shows what was released');
      },
    },
    {
      title: 'takes a lock away when it is revoked',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        if (b.backend.revoke === undefined) return;
        const name = bench.name();
        const { values } = bench.follow(a.locks.lock$(name, bench.short));
        const has = (type: string): boolean => values.some((event) => event.type === type);
        await bench.until(() => has('acquired'), 'the lock was not acquired');
        await bench.within(b.locks.revoke(name), 'a revocation was not answered');
        await bench.until(() => has('lost'), 'the holder of a revoked lock was not told', bench.short + bench.patience);
        await b.becomesFree(name, 'a revoked lock was not granted to another');
      },
    },
    {
      title: 'gives a sign of life',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        if (a.backend.ping === undefined) return;
        await bench.within(a.locks.ping(), 'a ping was not answered');
      },
    },
  ],
};

/** A watch that throws is one that fails. */
function watched$(backend: LockBackend, name: string): Observable<LockStatus> {
  return defer(() => backend.watch?.(name) ?? EMPTY);
}
