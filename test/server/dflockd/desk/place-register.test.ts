import { describe, expect, it } from 'vitest';
import { DflockdSession } from '../../../../src/server/dflockd/desk/dflockd-session.js';
import { Keys } from '../../../../src/server/dflockd/desk/keys.js';
import { PlaceRegister } from '../../../../src/server/dflockd/desk/place-register.js';
import { Traces } from '../../../../src/server/dflockd/desk/traces.js';
import { Tokens } from '../../../../src/server/dflockd/desk/tokens.js';

const EVENTS = { granted: () => undefined, taken: () => undefined };

describe('PlaceRegister', () => {
  it('keeps nothing of a place that is closed', () => {
    const session = new DflockdSession(1, new Traces(10));
    const keys = new Keys(10, 1000, () => 0);
    const register = new PlaceRegister(keys, { waiters: 1, places: 1, placesEach: 1 }, new Tokens(), {
      counts: { held: 0, waiting: 0 },
    });
    for (let round = 0; round < 3; round++) {
      const place = register.open(session, { key: 'k', limit: 1, lease: 1000 }, EVENTS);
      if (typeof place === 'string') throw new Error(place);
      expect(register.open(session, { key: 'k', limit: 1, lease: 1000 }, EVENTS)).toBe('error_max_locks');
      register.queue(place);
      expect(register.isFull(place)).toBe(true);
      register.seat(place);
      expect(register.isFull(place)).toBe(false);
      expect(register.find('k', place.credential)).toBe(place);
      expect(register.find('j', place.credential)).toBeUndefined();
      expect([...keys.idle]).toEqual([]);
      register.close(place);
      expect(register.find('k', place.credential)).toBeUndefined();
      expect(session.size).toBe(0);
      expect([...keys.idle].map(({ name, users, waiters }) => [name, users, waiters])).toEqual([['k', 0, 0]]);
    }
  });
});
