import { describe, expect, it } from 'vitest';
import type { Desk } from '../../../../src/backends/redis/locks/desk.js';
import { KeyNames } from '../../../../src/backends/redis/locks/key-names.js';
import { RedisGrant } from '../../../../src/backends/redis/locks/redis-grant.js';
import { Tracking } from '../../../../src/backends/redis/locks/tracking.js';
import { promoted } from '../../../support/promoted.js';

describe('what is tracked of the locks on Redis', () => {
  it('keeps no locks that came and went', () => {
    const desk = { keys: new KeyNames('', undefined) } as unknown as Desk;
    const tracking = new Tracking(desk, () => undefined);
    let count = 0;
    const come = (): RedisGrant => {
      const title = { owner: String(count), need: 'x' };
      const grant = new RedisGrant(`a${String(count++ % 100)}`, 'me', undefined, 1n, title, false);
      tracking.add(grant, 0);
      return grant;
    };
    const held = Array.from({ length: 50 }, come);

    const kept = promoted(40_000, () => {
      held.push(come());
      tracking.delete(held.shift()!);
    });
    expect(kept).toBeLessThan(60);
  });
});
