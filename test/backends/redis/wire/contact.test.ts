import { describe, expect, it } from 'vitest';
import { Contact } from '../../../../src/backends/redis/wire/contact.js';
import type { RedisNode } from '../../../../src/backends/redis/wire/port.js';

const node = (): RedisNode => ({}) as RedisNode;

describe('Contact', () => {
  it('has been there since the first answer of a server, as long as it answers again and again', () => {
    const contact = new Contact();
    const [one, two] = [node(), node()];
    expect(contact.since(one, 100)).toBe(Infinity);
    for (const now of [100, 2100, 3000, 5000]) contact.heard(one, now);
    contact.heard(two, 4000);
    expect([contact.since(one, 5000), contact.since(two, 5000)]).toEqual([100, 4000]);
  });

  it('begins anew after a pause in which the server may have been away', () => {
    const contact = new Contact();
    const one = node();
    contact.heard(one, 100);
    contact.heard(one, 2101);
    expect(contact.since(one, 2101)).toBe(2101);
    expect(contact.since(one, 4101)).toBe(2101);
    // It may be away now.
    expect(contact.since(one, 4102)).toBe(Infinity);
  });

  it('ends with the connection to a server, or to all of them', () => {
    const contact = new Contact();
    const [one, two] = [node(), node()];
    contact.heard(one, 1);
    contact.heard(two, 2);
    contact.broken(one);
    expect([contact.since(one, 2), contact.since(two, 2)]).toEqual([Infinity, 2]);
    contact.broken(undefined);
    expect(contact.since(two, 2)).toBe(Infinity);
  });
});
