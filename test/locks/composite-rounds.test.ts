import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { Time } from '../support/virtual.js';

describe('several locks as one, of which the first is lost while the last is granted', () => {
  it('are taken anew, each of them', async () => {
    const time = new Time();
    const backend = memory();
    const locks = createLocks(backend, { scheduler: time, random: () => 0.5 });
    let count = 0;
    locks.events$.subscribe(({ type, name }) => {
      if (type === 'acquired' && name === 'b' && count++ === 0) backend.revoke('a').subscribe();
    });
    const names: (readonly string[])[] = [];
    const subscription = locks.all$(['a', 'b'], '10s').subscribe((event) => {
      if (event.type === 'acquired')
        names.push(event.lease.leases.map(({ name, isHeld }) => `${name} ${String(isHeld)}`));
    });
    time.advance(100);
    expect(names).toEqual([['a true', 'b true']]);
    expect((await locks.list()).map(({ name }) => name)).toEqual(['a', 'b']);
    subscription.unsubscribe();
    time.advance(100);
    expect(await locks.list()).toEqual([]);
  });
});
