import { filter, firstValueFrom, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ofLockEvent, shareLease, usingLock, whileLeader, withLock } from '../../../operators/index.js';
import { memory } from '../../../src/backends/memory/memory.js';
import { octostore } from '../../../src/backends/octostore/index.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import type { Locks } from '../../../src/contract/locks.js';
import { scripted } from '../../../src/testing/index.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';
import { SOURCE } from './support/support.js';

/** Names that mean something to JavaScript, and nothing to anybody else. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__proto__/constructor',
];

function itTakesOddNames(make: () => Locks): void {
  it.each(NAMES)('%s is a lock like any other', async (name) => {
    const locks = make();
    const rival = make();
    expect((await locks.status(name)).status).toBe('free');
    const lease = await locks.acquire(name, '10s', { metadata: name });
    expect(lease).toMatchObject({ name, metadata: name, isHeld: true });
    expect(await rival.tryAcquire(name, '10s')).toBeNull();
    expect(await rival.status(name)).toMatchObject({ name, status: 'held', metadata: name });
    expect((await firstValueFrom(rival.watch$(name))).toJSON()).toMatchObject({ name, status: 'held' });
    expect((await rival.list(name)).map((status) => status.name)).toEqual([name]);
    await lease.release();
    expect(await rival.using(name, '10s', (held) => held.name)).toBe(name);
    expect((await rival.status(name)).status).toBe('free');
    await Promise.all([locks.close(), rival.close()]);
  });

  it('all of them are locks apart, and together', async () => {
    const locks = make();
    const lease = await locks.acquireAll(NAMES, '10s');
    expect(lease.leases.map(({ name }) => name).toSorted()).toEqual(NAMES.toSorted());
    expect((await locks.list()).map(({ name }) => name).filter((name) => NAMES.includes(name))).toHaveLength(
      NAMES.length,
    );
    await lease.release();
    await locks.close();
  });

  it.each(NAMES)('%s can be led, shared and worked under', async (name) => {
    const locks = make();
    const led$ = locks.leader$(name, '10s').pipe(
      whileLeader((lease) => [lease.name]),
      take(1),
    );
    expect(await firstValueFrom(led$)).toBe(name);
    const shared$ = locks.lock$(name, '10s').pipe(shareLease());
    const events: string[] = [];
    const first = shared$.subscribe((event) => events.push(event.name));
    const { lease } = await firstValueFrom(shared$.pipe(ofLockEvent('acquired')));
    expect(lease.name).toBe(name);
    expect(lease.isHeld).toBe(true);
    expect(events).toEqual([name]);
    first.unsubscribe();
    expect(await firstValueFrom(usingLock(locks.lock$(name, '10s'), (lease) => [lease.name]))).toBe(name);
    expect(await firstValueFrom(SOURCE.pipe(withLock(locks.lock$(name, '10s'))))).toBe(1);
    await locks.close();
  });

  it('leave no trace on any prototype', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['status']).toBeUndefined();
    expect(Object.prototype.toString.call({})).toBe('[object Object]');
  });
}

describe('odd names on the embedded backend', () => {
  const backend = memory();
  // Keeps the backend open, which closes with the last that uses it.
  createLocks(backend);
  itTakesOddNames(() => createLocks(backend));

  it.each(NAMES)('%s is a semaphore, too', async (name) => {
    const locks = createLocks(memory());
    const places = [1, 2, 3].map(() => {
      const events: string[] = [];
      locks.semaphore$(name, 2, '10s').subscribe({ next: ({ type }) => events.push(type), error: () => undefined });
      return events;
    });
    expect(places).toEqual([['acquired'], ['acquired'], ['waiting']]);
    await locks.close();
  });

  it('may stand behind a prefix, as a holder, and as metadata', async () => {
    const locks = createLocks(memory(), { prefix: '__proto__/', holder: 'constructor', metadata: 'toString' });
    const lease = await locks.acquire('hasOwnProperty', '10s');
    expect(JSON.parse(JSON.stringify(await locks.status('hasOwnProperty')))).toMatchObject({
      name: 'hasOwnProperty',
      holder: 'constructor',
      metadata: 'toString',
    });
    expect(lease.toJSON()).toMatchObject({ holder: 'constructor', metadata: 'toString' });
    await locks.close();
  });
});

describe('odd names on the scripted backend', () => {
  it('have scripts of their own', async () => {
    const scripts = Object.fromEntries(NAMES.map((name) => [name, 'h'])) as Record<string, string>;
    const backend = scripted({ acquire: { ...scripts, '*': 'g' } });
    const locks = createLocks(backend);
    expect(await locks.tryAcquire('constructor', '10s')).toBeNull();
    expect(await locks.tryAcquire('toString', '10s')).toBeNull();
    expect((await locks.acquire('other', '10s')).isHeld).toBe(true);
    const events = firstValueFrom(
      locks.events$.pipe(
        filter(({ type }) => type === 'released'),
        take(1),
        toArray(),
      ),
    );
    await locks.close();
    expect(await events).toHaveLength(1);
  });
});

describeWithOctoStore('odd names on OctoStore', (server) => {
  itTakesOddNames(() => createLocks(octostore({ baseUrl: server().url, token: server().tokens.alice })));
});
