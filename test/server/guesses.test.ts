import { randomBytes } from 'node:crypto';
import { config } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { ServerCore } from '../../src/server/server-core.js';
import { Guesses } from '../../src/server/guesses.js';
import { ANONYMOUS } from '../../src/server/principals.js';
import { Time } from '../support/virtual.js';
import { setUp } from './dflockd/support/support.js';

const UNGUESSABLE = randomBytes(16).toString('hex');
const RIGHT = {
  identify: (token: string) => (['right', UNGUESSABLE, 'a'.repeat(64)].includes(token) ? ANONYMOUS : undefined),
};
const BROKEN = {
  identify: (): undefined => {
    throw new Error('no hash');
  },
};
/** So many wrong ones are not waited for, of one source and of all together; after that ten and a hundred a second. */
const [AT_ONCE, AT_ONCE_OF_ALL] = [11, 101];

function guessing() {
  const time = new Time();
  const guesses = new Guesses(new ServerCore({ scheduler: time }).timeouts);
  let looks = 0;
  const guess = (source: string, token = 'wrong'): (() => void) =>
    guesses.look(source, token, RIGHT, () => {
      looks++;
    });
  return { time, guesses, guess, looks: () => looks };
}

function ignore(): void {
  // Nobody wants to know.
}

describe('guesses', () => {
  afterEach(() => {
    config.onUnhandledError = null;
  });

  it('are slowed down for a source, over however many connections', () => {
    const { time, guess, looks } = guessing();
    for (let index = 0; index < 1000; index++) guess('a');
    expect(looks()).toBe(AT_ONCE);
    time.advance(10_000);
    expect(looks()).toBe(AT_ONCE + 100);
  });

  it('are slowed down for all sources together', () => {
    const { time, guess, looks } = guessing();
    for (let index = 0; index < 5000; index++) guess(`source ${index}`);
    expect(looks()).toBe(AT_ONCE_OF_ALL);
    time.advance(10_000);
    expect(looks()).toBe(AT_ONCE_OF_ALL + 1000);
  });

  it('are not waited for by who is right elsewhere', () => {
    const { guesses, guess } = guessing();
    for (let index = 0; index < 1000; index++) guess('a');
    let isIn = false;
    guesses.look('b', 'right', RIGHT, () => (isIn = true));
    expect(isIn).toBe(true);
  });

  it('cost nobody anything who is right', () => {
    const { guesses } = guessing();
    let right = 0;
    for (let index = 0; index < 1000; index++) guesses.look('a', 'right', RIGHT, (one) => one && right++);
    expect(right).toBe(1000);
  });

  it('are not waited for by whose token nobody can guess, wherever he is', () => {
    const { guesses, guess, looks } = guessing();
    // As long as that one, and wrong: they wait all the same.
    for (let index = 0; index < 1000; index++) guess('a', randomBytes(16).toString('hex'));
    expect(looks()).toBeLessThan(20);
    let isIn = false;
    guesses.look('a', UNGUESSABLE, RIGHT, (one) => (isIn = one === ANONYMOUS));
    expect(isIn).toBe(true);
    // One is short, and one is long and no more than a letter.
    for (const token of ['right', 'a'.repeat(64)]) guesses.look('a', token, RIGHT, () => (isIn = false));
    expect(isIn).toBe(true);
  });

  it('of who has left are looked at no more', () => {
    const { time, guess, looks } = guessing();
    const leave = Array.from({ length: 1000 }, () => guess('a'));
    const before = looks();
    for (const one of leave) one();
    time.advance(60_000);
    expect(looks()).toBe(before);
    expect(time.actions.filter(({ closed }) => !closed)).toEqual([]);
  });

  it('that could not be looked at count as wrong, and nobody waits for them', () => {
    const { time, guesses, guess, looks } = guessing();
    const fail = (source: string) => guesses.look(source, 'any', BROKEN, ignore);
    for (let index = 0; index < 10; index++) expect(() => fail('a')).toThrow('no hash');
    for (const source of ['a', 'b']) guesses.look(source, 'right', RIGHT, ignore);
    expect(() => fail('b')).toThrow('no hash');
    guess('b');
    expect(looks()).toBe(1);
    for (let index = 0; index < 1000; index++) guess('a');
    // One more, as the ten that failed were paid for.
    expect(looks()).toBe(1 + 1);
    time.advance(1000);
    expect(looks()).toBe(1 + 1 + 10);
  });

  it('are looked at when their turn comes, though one before them could not be', async () => {
    const reported = new Promise((resolve) => (config.onUnhandledError = resolve));
    const { time, guesses, guess, looks } = guessing();
    for (let index = 0; index < 20; index++) guess('a');
    expect(looks()).toBe(AT_ONCE);
    guesses.look('a', 'any', BROKEN, ignore);
    guess('a');
    time.advance(10_000);
    expect(looks()).toBe(21);
    await expect(reported).resolves.toStrictEqual(new Error('no hash'));
  });

  it('over a thousand connections get hardly more answers than over one', () => {
    const { time, client } = setUp({ auth: 'secret' });
    const all = Array.from({ length: 1000 }, () => client('one address'));
    for (const one of all) one.dialogue.received('auth\n_\nwrong\n');
    time.advance(1000);
    expect(all.filter(({ told }) => told.includes('error_auth'))).toHaveLength(AT_ONCE + 10);
    const friend = client('elsewhere');
    expect(friend.ask('auth', '_', 'secret')).toEqual(['ok']);
    expect(friend.isWelcome).toBe(true);
  });
});
