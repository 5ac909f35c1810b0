import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Offices } from '../../../../src/backends/octostore/election/offices.js';
import type { Grant } from '../../../../src/contract/backend.js';

describe('the leaderships of a client', () => {
  const enter = (offices: Offices, sentAt: number): Grant => {
    const grant = { name: 'the-election' };
    offices.enter(grant, { token: 'canary-4711', term: 1n, bound: { sentAt, ttl: 5000 } });
    return grant;
  };

  it('keeps in mind what may still be held, and forgets what nobody gave back in its time', () => {
    const offices = new Offices();
    const first = enter(offices, 0);
    const second = enter(offices, 5000);
    expect(offices.held).toEqual([first, second]);
    const third = enter(offices, 5001);
    expect(offices.held).toHaveLength(2);
    expect(offices.held[0]).toBe(second);
    offices.leave(second);
    expect(offices.held).toEqual([third]);
    expect(offices.find(second)).toBeUndefined();
    expect(offices.find(third)).toMatchObject({ term: 1n });
  });

  it('shows no token', () => {
    const offices = new Offices();
    enter(offices, 0);
    expect(inspect(offices, { depth: Infinity, showHidden: true })).not.toContain('canary');
  });
});
