import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { afterEach } from 'vitest';
import {
  DistributedLock,
  DistributedSemaphore,
  type DistributedOptions,
  type DistributedSemaphoreOptions,
} from '../../../../src/compat/dflockd/index.js';

const open = new Set<{ close(): void }>();
afterEach(() => {
  for (const one of open) one.close();
  open.clear();
});

/** Closed after the test. */
export function closing<T extends { close(): void }>(one: T): T {
  open.add(one);
  return one;
}

export function lockOf(options: DistributedOptions): DistributedLock {
  return closing(new DistributedLock(options));
}

export function semaphoreOf(options: DistributedSemaphoreOptions): DistributedSemaphore {
  return closing(new DistributedSemaphore(options));
}

/** A socket as a user has it. */
export async function socketTo(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  closing({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return socket;
}

export function anyKey(): string {
  return `key-${randomUUID()}`;
}

/** What a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was not rejected');
}
