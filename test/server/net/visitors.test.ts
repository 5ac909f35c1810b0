import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Visitors } from '../../../src/server/net/visitors.js';

function socket(remoteAddress: string, remotePort: number) {
  const made = Object.assign(new EventEmitter(), {
    remoteAddress,
    remotePort,
    destroyed: false,
    destroy: () => {
      made.destroyed = true;
      made.emit('close');
    },
  });
  return made;
}

describe('Visitors', () => {
  it('admits no more from one address than may be, and others all the same', () => {
    const visitors = new Visitors({ maxPerAddress: 2, maxStrangers: Infinity });
    const admit = (address: string, port: number): boolean =>
      visitors.admit(socket(address, port) as unknown as Socket);
    expect([admit('10.0.0.1', 1), admit('10.0.0.1', 2), admit('10.0.0.1', 3), admit('10.0.0.2', 1)]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(visitors.all.size).toBe(3);
    for (const one of visitors.all) one.destroy();
    expect(admit('10.0.0.1', 4)).toBe(true);
  });

  it('closes the stranger who has been here longest for one too many, and nobody who is welcome', () => {
    const visitors = new Visitors({ maxPerAddress: Infinity, maxStrangers: 2 });
    const all = [1, 2, 3, 4].map((port) => socket('10.0.0.1', port));
    const [a, b, c, d] = all;
    visitors.admit(a as unknown as Socket);
    visitors.welcome('10.0.0.1', 1);
    for (const one of [b, c, d]) visitors.admit(one as unknown as Socket);
    expect(all.map(({ destroyed }) => destroyed)).toEqual([false, true, false, false]);
  });
});
