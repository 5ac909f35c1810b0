import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS, ANYBODY } from '../../src/server/principals.js';
import { readTokens } from '../../src/server/read-tokens.js';
import { TokenPrincipals, type Rotation, type Rotations } from '../../src/server/token-principals.js';

const list = (...lines: readonly string[]) => readTokens(lines.join('\n'), 'tokens');

/** Keeps rotations as a file would: as JSON. */
function keeping(): Rotations & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    get all() {
      return [...kept.values()].map((text) => JSON.parse(text) as Rotation);
    },
    put: (rotation) => kept.set(rotation.name, JSON.stringify(rotation)),
    delete: (name) => kept.delete(name),
  };
}

describe('TokenPrincipals', () => {
  it('knows whose token it is, and no other', () => {
    const principals = new TokenPrincipals(list('alice:one', 'bob:two', 'alice:three'));
    expect(principals.required).toBe(true);
    expect(principals.identify('one')?.name).toBe('alice');
    expect(principals.identify('two')?.name).toBe('bob');
    expect(principals.identify('three')).toBe(principals.identify('one'));
    for (const wrong of ['', 'on', 'onee', 'alice', 'alice:one', 'ONE']) {
      expect(principals.identify(wrong)).toBeUndefined();
    }
  });

  it('takes other tokens, and says who has none any more', () => {
    const principals = new TokenPrincipals(list('alice:one', 'bob:two'));
    const [alice, bob] = [principals.identify('one')!, principals.identify('two')!];
    let changes = 0;
    const end = principals.onChange(() => changes++);
    principals.replace(list('alice:new', 'carol:three'));
    expect(changes).toBe(1);
    expect(principals.identify('one')).toBeUndefined();
    expect(principals.identify('new')).toBe(alice);
    expect(principals.identify('three')?.name).toBe('carol');
    expect([principals.has(alice), principals.has(bob)]).toEqual([true, false]);
    end();
    principals.replace(list('bob:two'));
    expect(changes).toBe(1);
    // He is another now: what the first one was cut off from is not his.
    expect(principals.has(bob)).toBe(false);
  });

  it('gives another token, after which those before are dead', () => {
    const principals = new TokenPrincipals(list('alice:one', 'alice:two', 'bob:three'));
    const alice = principals.identify('one')!;
    const first = principals.rotate(alice);
    expect(['one', 'two', first].map((token) => principals.identify(token))).toEqual([undefined, undefined, alice]);
    const second = principals.rotate(alice);
    expect([first, second].map((token) => principals.identify(token))).toEqual([undefined, alice]);
    expect(principals.identify('three')?.name).toBe('bob');
    expect(second.length).toBeGreaterThan(40);
  });

  it('takes back a token that nobody was told of', () => {
    const kept = keeping();
    const principals = new TokenPrincipals(list('alice:one'), kept);
    const alice = principals.identify('one')!;
    principals.takeBack(alice, principals.rotate(alice));
    expect(principals.identify('one')).toBe(alice);
    expect(kept.kept.size).toBe(0);
    const first = principals.rotate(alice);
    const second = principals.rotate(alice);
    principals.takeBack(alice, first);
    expect(principals.identify(second)).toBe(alice);
    principals.takeBack(alice, second);
    expect([first, second, 'one'].map((token) => principals.identify(token))).toEqual([alice, undefined, undefined]);
    expect(kept.all.map(({ name }) => name)).toEqual(['alice']);
  });

  it('gives no token to who has none', () => {
    const principals = new TokenPrincipals(list('alice:one', 'bob:two'));
    const bob = principals.identify('two')!;
    principals.replace(list('alice:one'));
    expect(() => principals.rotate(bob)).toThrow(TypeError);
    expect(() => principals.rotate({ name: 'alice' })).toThrow(TypeError);
  });

  it('remembers a rotation as long as the list has nothing else for that name', () => {
    const kept = keeping();
    const before = new TokenPrincipals(list('alice:one', 'bob:two'), kept);
    const token = before.rotate(before.identify('one')!);
    const after = new TokenPrincipals(list('alice:one', 'bob:two'), kept);
    expect(after.identify(token)?.name).toBe('alice');
    expect(after.identify('one')).toBeUndefined();
    after.replace(list('alice:one', 'bob:other'));
    expect(after.identify(token)?.name).toBe('alice');
    after.replace(list('alice:newer', 'bob:other'));
    expect([after.identify(token), after.identify('newer')?.name]).toEqual([undefined, 'alice']);
    expect(kept.kept.size).toBe(0);
  });

  it('forgets the rotation of who is gone', () => {
    const kept = keeping();
    const before = new TokenPrincipals(list('alice:one', 'bob:two'), kept);
    before.rotate(before.identify('one')!);
    expect(new TokenPrincipals(list('bob:two'), kept).identify('two')?.name).toBe('bob');
    expect(kept.kept.size).toBe(0);
  });

  it('shows no token, in what is kept or in what one sees of it', () => {
    const kept = keeping();
    const principals = new TokenPrincipals(list('alice:secret-one'), kept);
    const token = principals.rotate(principals.identify('secret-one')!);
    const seen = [...kept.kept.values()].join();
    expect(seen).not.toContain('secret-one');
    expect(seen).not.toContain(token);
    const shown = `${JSON.stringify(principals)} ${inspect(principals, { depth: 9, showHidden: true })}`;
    expect(shown).not.toContain('secret-one');
    expect(shown).not.toContain(token);
  });
});

describe('ANYBODY', () => {
  it('lets everybody in, and has no tokens to give', () => {
    expect(ANYBODY.required).toBe(false);
    expect(ANYBODY.identify('')).toBe(ANONYMOUS);
    expect(ANYBODY.has(ANONYMOUS)).toBe(true);
    expect(() => ANYBODY.rotate(ANONYMOUS)).toThrow(TypeError);
  });
});
