import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check } from '../check.js';

/** Ends of the wait that come at the wrong moment. */
export const leaving: CaseGroup = {
  title: 'leaving',
  cases: [
    {
      title: 'holds nothing after an attempt was left while it was under way',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        for (const delay of [0, 0, 1, 2, 3, 5, 10]) {
          const name = bench.name();
          const attempt = a.ask(name);
          if (delay > 0) await bench.pause(delay);
          attempt.leave();
          const { granted } = attempt;
          // Granted before it was left: then it is the caller's to give back.
          if (granted !== undefined) await a.release([granted.grant]);
          await b.becomesFree(name, 'a grant that came after its attempt was left is still held');
        }
      },
    },
    {
      title: 'holds nothing after a subscription to lock$ ended, at any moment',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        for (const delay of [0, 0, 1, 2, 3, 5, 10, 20]) {
          const name = bench.name();
          const subscription = bench.follow(a.locks.lock$(name, bench.long));
          if (delay > 0) await bench.pause(delay);
          subscription.unsubscribe();
          await b.becomesFree(name, 'a lock is still held after its subscription ended');
        }
      },
    },
    {
      title: 'grants a lock again at once after it was left',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        const name = bench.name();
        for (let i = 0; i < 5; i++) {
          bench.follow(a.locks.lock$(name, bench.long)).unsubscribe();
          const lease = await bench.within(
            a.locks.acquire(name, bench.long),
            'a lock that was left is not granted again',
          );
          check(lease.isHeld, 'a lease was handed out that is not held');
          await bench.within(lease.release(), 'a release was not answered');
        }
      },
    },
    {
      title: 'gives up an acquisition whose signal aborts',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        const { grant } = await a.take(name);
        const controller = new AbortController();
        const waiting = b.locks.acquire(name, bench.long, { signal: controller.signal });
        const failure = waiting.then(
          () => 'granted',
          (error: unknown) => error,
        );
        await bench.pause(20);
        controller.abort(new Error('enough'));
        const error = await bench.within(failure, 'an aborted acquisition did not end');
        check(
          error instanceof Error && error.message === 'enough',
          "an aborted acquisition did not fail with its signal's reason",
        );
        await a.release([grant]);
        await a.becomesFree(name, 'an aborted acquisition was granted the lock');
      },
    },
  ],
};
