import { describe, expect, it } from 'vitest';
import { Candidates } from '../../../../src/backends/octostore/election/candidates.js';

const FORM = /^[A-Za-z0-9._:@-]{1,64}$/;

describe('the candidates of an election', () => {
  it.each(['anna', 'host:123:x7y8', '', 'Jürgen Müller', '🙂', 'x'.repeat(300), '@', 'a@b.c'])(
    'campaigns for %j under an id that the service takes, a new one each time',
    (holder) => {
      const candidates = new Candidates(Math.random);
      const ids = Array.from({ length: 1000 }, () => candidates.issue(holder));
      expect(new Set(ids).size).toBe(1000);
      for (const id of ids) {
        expect(id).toMatch(FORM);
        expect(candidates.holderOf(id)).toBe(holder);
      }
    },
  );

  it('shows others the holder, as far as its letters go', () => {
    const [mine, others] = [new Candidates(() => 0.1), new Candidates(() => 0.2)];
    expect(mine.holderOf(others.issue('anna'))).toBe('anna');
    expect(mine.holderOf(others.issue('Jürgen Müller'))).toBe('J-rgen-M-ller');
    expect(mine.holderOf(others.issue(`${'x'.repeat(99)}:7`))).toBe(`${'x'.repeat(46)}:7`);
  });

  it('never takes another for itself, even one of the same name', () => {
    const [mine, others] = [new Candidates(() => 0.1), new Candidates(() => 0.2)];
    const own = mine.issue('worker');
    const foreign = others.issue('worker');
    expect(mine.holderOf(own)).toBe('worker');
    expect(mine.holderOf(foreign)).toBe(foreign);
  });

  it.each(['somebody', 'who@else', 'x@1234567.1', ''])('shows %j, which no rxlock made up, as it is', (candidate) => {
    expect(new Candidates(() => 0.1).holderOf(candidate)).toBe(candidate);
  });
});
