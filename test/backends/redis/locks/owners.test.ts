import { describe, expect, it } from 'vitest';
import { Owners } from '../../../../src/backends/redis/locks/owners.js';
import { OWNER_LENGTH } from '../../../../src/backends/redis/locks/scripts/owner.js';

describe('owners', () => {
  it.each([0, 2 ** 32 - 1, 2 ** 32, 2 ** 40])('have one length, and are never the same, after %d', (made) => {
    const owners = new Owners(made);
    const all = Array.from({ length: 50 }, () => owners.next());
    expect(new Set(all).size).toBe(50);
    expect(all.every((owner) => owner.length === OWNER_LENGTH && owner.startsWith(owners.client))).toBe(true);
  });
});
