import { Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { Time } from '../support/virtual.js';

describe('a handler that takes its time', () => {
  it('gets the next lock after a loss for its whole time', () => {
    const time = new Time();
    let blocked = 0;
    const elapsed = (): number => time.now() + blocked;
    const locks = createLocks(memory(), {
      scheduler: time,
      clock: { elapsed, date: elapsed, monotonic: elapsed },
      random: () => 0.5,
    });
    const log: string[] = [];
    const subscription = new Subscription();
    const lock$ = locks.lock$('a', 2000, { onLost: 'reacquire', renew: false });
    subscription.add(
      lock$.subscribe((event) => {
        log.push(`${String(elapsed())} ${event.type}`);
        if (log.length === 2) blocked += 9000;
        // A loop that goes on for ever would show nothing.
        if (log.length > 10) subscription.unsubscribe();
      }),
    );
    time.advance(3000);
    expect(log).toEqual(['0 acquired', '1600 lost', '10600 acquired']);
  });
});
