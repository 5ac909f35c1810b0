import { expect, it } from 'vitest';
import { createLocks } from '../../src/locks/create-locks.js';
import { ManualBackend } from '../support/manual-backend.js';

it('Locks that are closed again by whoever is told of their end close nothing that others use', async () => {
  const backend = new ManualBackend();
  let closed = 0;
  backend.close = () => {
    closed++;
    return Promise.resolve();
  };
  const others = createLocks(backend);
  const locks = createLocks(backend);
  let again: Promise<void> | undefined;
  locks.lock$('a', '10s').subscribe({
    error: () => {
      again = locks.close();
    },
  });
  await locks.close();
  await again;
  expect(again).toBeDefined();
  expect(closed).toBe(0);
  await others.close();
  expect(closed).toBe(1);
});
