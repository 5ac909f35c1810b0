import { firstValueFrom } from 'rxjs';
import type { LockBackend } from '../../../contract/backend.js';
import { LockLostError } from '../../../contract/errors.js';
import type { LeaseHandle } from '../../../contract/lease-handle.js';
import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check, describeError } from '../check.js';

/** What one lets go of, another goes on with. */
export const handingOn: CaseGroup = {
  title: 'handing on',
  cases: [
    {
      title: 'hands a lock on, which is held throughout, under the same fencing token',
      async run(bench: Bench): Promise<void> {
        const [a, b, c] = [bench.client(), bench.client(), bench.client()];
        if (!handsOn(a.backend)) return;
        const lease = await bench.within(a.locks.acquire(bench.name(), bench.long), 'a lock was not acquired');
        const handle = await bench.within(lease.detach(), 'a lock was not handed on');
        await c.ask(lease.name).refusal();
        const adopted = await bench.within(b.locks.adopt(sent(handle)), 'a lock that was handed on was not adopted');
        check(adopted.fencingToken === lease.fencingToken, 'the fencing token changed when a lock was handed on');
        check(adopted.isHeld, 'a lock that was adopted is not held');
        await c.ask(lease.name).refusal();
        await bench.within(adopted.extend(), 'a lock that was adopted was not renewed');
        await bench.within(adopted.release(), 'a lock that was adopted was not given back');
        await c.becomesFree(lease.name, 'a lock that was adopted and given back is not free');
      },
    },
    {
      title: 'keeps what was handed on when the client that it came from is closed',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        if (!handsOn(a.backend) || a.backend === b.backend) return;
        const lease = await bench.within(a.locks.acquire(bench.name(), bench.long), 'a lock was not acquired');
        const handle = await bench.within(lease.detach(), 'a lock was not handed on');
        await bench.within(a.locks.close(), 'locks did not close');
        const adopted = await bench.within(
          b.locks.adopt(sent(handle)),
          'a lock whose first client was closed was not adopted',
        );
        await bench.within(adopted.release(), 'a lock that was adopted was not given back');
      },
    },
    {
      title: 'refuses to let go of what is not held, and to adopt what has been given back',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const { backend } = a;
        if (!handsOn(backend)) return;
        const { grant } = await a.take(bench.name());
        await a.release([grant]);
        const detached = firstValueFrom(backend.detach(grant)).then(
          () => undefined,
          (error: unknown) => error,
        );
        const error = await bench.within(detached, 'the handing on of what is not held was not answered');
        check(error instanceof LockLostError, `what is not held was handed on, or failed with ${describeError(error)}`);
        const lease = await bench.within(a.locks.acquire(bench.name(), bench.long), 'a lock was not acquired');
        const handle = await bench.within(lease.detach(), 'a lock was not handed on');
        const adopted = await bench.within(b.locks.adopt(sent(handle)), 'a lock that was handed on was not adopted');
        await bench.within(adopted.release(), 'a lock that was adopted was not given back');
        const again = b.locks.adopt(sent(handle)).then(
          () => undefined,
          (failure: unknown) => failure,
        );
        const refusal = await bench.within(again, 'the adoption of what was given back was not answered');
        check(
          refusal instanceof LockLostError,
          `what was given back was adopted, or failed with ${describeError(refusal)}`,
        );
      },
    },
  ],
};

function handsOn(backend: LockBackend): backend is LockBackend & Required<Pick<LockBackend, 'detach' | 'adopt'>> {
  return backend.detach !== undefined && backend.adopt !== undefined;
}

function sent(handle: LeaseHandle): LeaseHandle {
  return JSON.parse(JSON.stringify(handle)) as LeaseHandle;
}
