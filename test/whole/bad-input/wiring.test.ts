import { describe, expect, it, vi } from 'vitest';
import { createLocks, LockError, memory, type Locks } from '../../../src/index.js';

/** What no type allows. */
const nonsense = (value: unknown): never => value as never;

async function optionOf(rejected: () => Promise<unknown>): Promise<unknown> {
  const error: unknown = await rejected().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LockError);
  return (error as { readonly option?: string }).option;
}

describe('what is no backend, no options, no work', () => {
  it.each<[string, () => unknown]>([
    ['backend', () => createLocks(nonsense(null))],
    ['backend', () => createLocks(nonsense({}))],
    ['options', () => createLocks(memory(), nonsense(null))],
    ['options', () => createLocks(memory(), nonsense(5))],
    ['options', () => createLocks(memory(), nonsense([]))],
    ['options', () => memory(nonsense(null))],
    ['tabel', () => memory(nonsense({ tabel: 1 }))],
    ['table', () => memory(nonsense({ table: {} }))],
  ])('names %s', async (option, make) => {
    expect(await optionOf(() => Promise.resolve().then(make))).toBe(option);
  });

  it.each<[string, (locks: Locks<bigint>) => Promise<unknown>]>([
    ['prefix', (locks) => locks.list(nonsense(5))],
    ['prefix', (locks) => locks.list(nonsense(null))],
    ['work', (locks) => locks.using('a', '10s', nonsense(undefined))],
    ['work', (locks) => locks.tryUsing('a', '10s', nonsense({}))],
    ['work', (locks) => locks.usingAll(['a'], '10s', nonsense('work'))],
    ['options', (locks) => locks.acquireAll(['a'], '10s', nonsense(null))],
    ['options', (locks) => locks.acquireAll(['a'], '10s', nonsense(5))],
    ['drain', (locks) => locks.close({ drain: nonsense(null) })],
  ])('names %s', async (option, ask) => {
    const backend = memory();
    const acquire = vi.spyOn(backend, 'acquire');
    await using locks = createLocks(backend);
    expect(await optionOf(() => ask(locks))).toBe(option);
    expect(acquire).not.toHaveBeenCalled();
  });

  it('says at the call that a lock which nobody renews cannot last so long', async () => {
    const backend = Object.assign(memory(), { ttl: { min: 1000, max: 60_000, step: 1, unrenewed: 10_000 } });
    await using locks = createLocks(backend, { renew: false });
    for (const ask of [
      () => locks.lock$('a', '11s'),
      () => locks.leader$('a', '11s'),
      () => locks.semaphore$('a', 1, '11s'),
      () => locks.all$(['a'], '11s'),
    ]) {
      expect(ask).toThrow(expect.objectContaining({ option: 'renew' }));
    }
    expect(await optionOf(() => locks.acquireAll(['a'], '11s'))).toBe('renew');
    expect(() => locks.lock$('a', '10s')).not.toThrow();
  });
});
