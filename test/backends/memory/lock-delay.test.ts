import { describe, expect, it } from 'vitest';
import { memory } from '../../../src/backends/memory/memory.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { LockValidationError } from '../../../src/contract/errors.js';
import { LockTable } from '../../../src/table/lock-table.js';
import type { Grant } from '../../../src/contract/backend.js';
import type { LockEvent } from '../../../src/contract/lease.js';
import { record, Time } from '../../support/virtual.js';

/** A holder that falls silent after its grant: a process that is stuck. And one who waits. */
function wait(lockDelay?: string) {
  const time = new Time();
  const backend = memory({ lockDelay });
  const locks = createLocks(backend, { scheduler: time });
  const grants: Grant[] = [];
  const request = { name: 'a', ttl: 10_000, wait: false, holder: 'stuck', stray: () => undefined };
  backend.acquire(request).subscribe((signal) => {
    if (signal.type === 'granted') grants.push(signal.grant);
  });
  const { log, observer } = record<LockEvent>(time);
  locks.lock$('a', '10s').subscribe(observer);
  return { time, backend, locks, log, grant: grants[0]! };
}

describe('memory({ lockDelay })', () => {
  it('keeps a lock taken after its holder has expired', async () => {
    const { time, locks, log, backend } = wait('15s');
    const revocations: unknown[] = [];
    backend.revoked$!.subscribe(({ reason }) => revocations.push(`${String(time.now())} ${reason}`));
    time.advance(24_999);
    expect(revocations).toEqual(['10000 expired']);
    expect(log).toEqual(['0 waiting']);
    expect(await locks.status('a')).toMatchObject({ status: 'held', holder: 'stuck', waiters: 1 });
    time.advance(1);
    expect(log).toEqual(['0 waiting', '25000 acquired']);
  });

  it('is 0 by default', () => {
    const { time, log } = wait();
    time.advance(10_000);
    expect(log).toEqual(['0 waiting', '10000 acquired']);
  });

  it('does not follow a release', () => {
    const { time, log, backend, grant } = wait('15s');
    time.advance(500);
    backend.release([grant], [0]).subscribe();
    expect(log).toEqual(['0 waiting', '500 acquired']);
  });

  it('is refused if it is no duration, or beside a table, which has its own', () => {
    for (const lockDelay of ['15', -1, NaN, null, {}]) {
      expect(() => memory({ lockDelay: lockDelay as never })).toThrow(LockValidationError);
    }
    const table = new LockTable(() => 0, { schedule: () => () => undefined });
    expect(() => memory({ table, lockDelay: '1s' })).toThrow(LockValidationError);
  });
});
