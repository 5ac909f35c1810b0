import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { DflockdBook } from '../../../../src/backends/dflockd/locks/book.js';
import { Connection } from '../../../../src/backends/dflockd/wire/connection.js';
import { systemClock } from '../../../../src/values/system-clock.js';
import { FakeSocket } from '../../../support/fake-socket.js';
import { promoted } from '../../../support/promoted.js';

describe('what is known of the locks on dflockd', () => {
  it('keeps no locks that came and went', () => {
    const clock = systemClock();
    const book = new DflockdBook({ clock, revoked$: new Subject() });
    const connection = new Connection({
      socket: new FakeSocket().asSocket,
      where: 'host:1',
      clock,
      times: { connect: 1000, answer: 1000, read: 23_000 },
      auth: undefined,
      owner: { closed: () => undefined, rested: () => undefined },
    });
    const wanted = { name: 'a', holder: 'me', kind: '', key: 'a', seconds: 30 } as const;
    const come = () => book.enter(wanted, { token: 'token', lease: 30 }, connection, 0, false);
    const held = Array.from({ length: 50 }, come);

    // A token and some numbers for each lock would be hundreds of bytes.
    const kept = promoted(40_000, () => {
      held.push(come());
      book.settle(held.shift()!);
    });
    expect(kept).toBeLessThan(60);
    expect(connection.owned.size).toBe(50);
  });
});
