import { runInNewContext } from 'node:vm';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as own from '../../../src/compat/octostore/document/errors.js';
import * as browser from '../../../src/compat/octostore/index.browser.js';
import * as node from '../../../src/compat/octostore/index.js';
import { translated } from '../../../src/compat/octostore/document/translate.js';
import * as root from '../../../src/contract/errors.js';

const family = [
  ['OctoStoreError', 'LockError', 'ERR_LOCK', false],
  ['AuthenticationError', 'LockAuthenticationError', 'ERR_LOCK_AUTHENTICATION', false],
  ['NetworkError', 'LockNetworkError', 'ERR_LOCK_NETWORK', true],
  ['LockError', 'LockError', 'ERR_LOCK', false],
  ['LockHeldError', 'LockHeldError', 'ERR_LOCK_HELD', true],
  ['ValidationError', 'LockValidationError', 'ERR_LOCK_VALIDATION', false],
] as const;

describe('the errors of the drop-in client', () => {
  it('are those of the documents, from every entry', () => {
    expect(Object.keys(own).sort()).toEqual(family.map(([name]) => name).sort());
    for (const [name] of family) {
      expect(node[name]).toBe(own[name]);
      expect(browser[name]).toBe(own[name]);
    }
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  it.each(family)('%s is a %s of the root, with its code', (name, kin, code, retryable) => {
    const cause = new Error('why');
    const error = new own[name]('what', { cause, name: 'a', status: 400, serverCode: 'conflict', retryAfter: 7 });
    expect(error).toMatchObject({ name, message: 'what', code, retryable, cause, lockName: 'a' });
    expect(error).toMatchObject({ status: 400, serverCode: 'conflict', retryAfter: 7 });
    expect(String(error)).toBe(`${name}: what`);
    expect(inspect(error)).toContain(`${name}: what`);
    for (const Class of [Error, root.LockError, root[kin], own.OctoStoreError, own[name]]) {
      expect(error).toBeInstanceOf(Class);
    }
    expect('cause' in new own[name]('what')).toBe(false);
  });

  it('are told from each other, and from those of the root', () => {
    const held = new own.LockHeldError('');
    expect(held).toBeInstanceOf(own.LockError);
    for (const [name, kin] of family) {
      for (const [other] of family) {
        const isKind =
          name === other || other === 'OctoStoreError' || (name === 'LockHeldError' && other === 'LockError');
        expect(new own[name]('') instanceof own[other], `${name} ${other}`).toBe(isKind);
      }
      for (const other of ['LockHeldError', 'LockNetworkError', 'LockTimeoutError', 'LockLostError'] as const) {
        expect(new own[name]('') instanceof root[other], `${name} ${other}`).toBe(kin === other);
      }
      expect(new root[kin]('') instanceof own.OctoStoreError).toBe(false);
      expect(new root[kin]('') instanceof own[name]).toBe(false);
    }
  });

  it('have what the errors of the root have', () => {
    const held: Pick<root.LockHeldError, 'holder' | 'expiresAt' | 'retryAfter'> = new own.LockHeldError('', {
      holder_id: 'h',
      expires_at: '2030-01-01T00:00:00Z',
    });
    expect(held.holder).toBe('h');
    expect(held.expiresAt).toEqual(new Date('2030-01-01T00:00:00Z'));
    expect(held.retryAfter).toBeUndefined();
    expect(new own.LockHeldError('', { expires_at: 'soon' }).expiresAt).toBeUndefined();
    expect(new own.LockHeldError('').expiresAt).toBeUndefined();
  });

  it('work across copies of the package, and for classes that a user derives', () => {
    const foreign: unknown = runInNewContext(
      `class E extends Error { get [Symbol.for('rxlock.error')]() {
        return ['octostore/LockHeldError', 'octostore/LockError', 'octostore/OctoStoreError', 'LockError', 'LockHeldError'];
      } } new E()`,
    );
    expect(foreign instanceof own.LockHeldError && foreign instanceof root.LockHeldError).toBe(true);
    expect(foreign instanceof own.NetworkError).toBe(false);
    class Mine extends own.LockHeldError {}
    const mine = new Mine('');
    expect(mine instanceof Mine && mine instanceof own.LockHeldError && mine instanceof root.LockHeldError).toBe(true);
    expect(held() instanceof Mine).toBe(false);
    expect(mine).toMatchObject({ name: 'LockHeldError', code: 'ERR_LOCK_HELD' });
  });

  it('can be read as objects', () => {
    expect(JSON.parse(JSON.stringify(held()))).toMatchObject({ holder_id: 'h', code: 'ERR_LOCK_HELD' });
  });
});

describe('translated', () => {
  it.each([
    ['LockHeldError', 'LockHeldError'],
    ['LockTimeoutError', 'LockHeldError'],
    ['LockAuthenticationError', 'AuthenticationError'],
    ['LockNetworkError', 'NetworkError'],
    ['LockValidationError', 'ValidationError'],
    ['LockConfigError', 'ValidationError'],
    ['LockLostError', 'LockError'],
    ['LockCapacityError', 'LockError'],
    ['LockClosedError', 'LockError'],
    ['LockUnsupportedError', 'LockError'],
    ['LockError', 'LockError'],
  ] as const)('makes of a %s a %s that is still one', (from, to) => {
    const cause = new Error('why');
    const given = new root[from]('what', { cause, name: 'a' });
    const error = translated(given);
    expect(error).toBeInstanceOf(own[to]);
    expect(error).toBeInstanceOf(own.OctoStoreError);
    expect(error).toBeInstanceOf(root[from]);
    expect(error).toMatchObject({ name: to, message: 'what', cause, lockName: 'a', code: given.code });
    expect((error as own.OctoStoreError).retryable).toBe(given.retryable);
  });

  it('keeps what a caller needs to decide', () => {
    expect(translated(new root.LockLostError('', { reason: 'session' }))).toMatchObject({ reason: 'session' });
    expect(translated(new root.LockCapacityError('', { retryAfter: 7 }))).toMatchObject({ retryAfter: 7 });
    expect(translated(new root.LockValidationError('', { option: 'ttl' }))).toMatchObject({ option: 'ttl' });
    const expiresAt = new Date('2030-01-01T00:00:00Z');
    expect(translated(new root.LockHeldError('', { holder: 'h', expiresAt }))).toMatchObject({
      holder_id: 'h',
      expires_at: '2030-01-01T00:00:00.000Z',
    });
  });

  it('leaves alone what is no error of the root, or is translated already', () => {
    for (const given of [new Error('x'), 'x', undefined, held()]) expect(translated(given)).toBe(given);
  });
});

function held(): own.LockHeldError {
  return new own.LockHeldError('held', { holder_id: 'h' });
}
