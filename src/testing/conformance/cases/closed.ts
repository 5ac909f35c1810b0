import { createLocks } from '../../../locks/create-locks.js';
import { LockClosedError } from '../../../contract/errors.js';
import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check, describeError } from '../check.js';

/** What was closed stays closed. */
export const closed: CaseGroup = {
  title: 'closed',
  cases: [
    {
      title: 'is not opened again once the last that used it is closed',
      async run(bench: Bench): Promise<void> {
        const { locks, backend } = bench.client();
        const name = bench.name();
        await locks.acquire(name, bench.long);
        await bench.within(locks.close(), 'locks did not close');
        const error = await bench.within(take(bench, backend, name), 'a closed backend was neither open nor refused');
        check(error instanceof LockClosedError, `a closed backend, used again, gave ${describeError(error)}`);
      },
    },
  ],
};

/** Uses it as anybody would. @returns What came of it. */
async function take(bench: Bench, backend: Parameters<typeof createLocks>[0], name: string): Promise<unknown> {
  try {
    const locks = createLocks(backend);
    try {
      await locks.acquire(name, bench.long);
      return new Error('a lock');
    } finally {
      await locks.close();
    }
  } catch (error) {
    return error;
  }
}
