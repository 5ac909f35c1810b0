import { firstValueFrom, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import * as errors from '../../src/contract/errors.js';
import { dflockd } from '../../src/backends/dflockd/dflockd.js';
import { octostoreElection } from '../../src/backends/octostore/election/octostore-election.js';
import { octostore } from '../../src/backends/octostore/octostore.js';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { lockStatus } from '../../src/values/lock-status.js';
import { eventValues, fakeLease, lockEvent, scripted } from '../../src/testing/index.js';
import type { LockBackend } from '../../src/contract/backend.js';
import type { LocksEvent } from '../../src/contract/lease.js';
import { setup } from '../support/virtual.js';

const ELECTION = '00000000-0000-4000-8000-000000000000';

/** What comes out of it again; what cannot be JSON throws. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

describe('what is public and plain goes through JSON:', () => {
  it('every event, of a lock and of all, with its lease, its errors and their causes', () => {
    const { backend, locks, time } = setup();
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    const cause = Object.assign(new Error('theirs'), { code: 'ECONNRESET', big: 1n, self: {} });
    cause.self = cause;
    // Requested, waiting, acquired, renewed, uncertain, lost.
    locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.held({ holder: 'other', expiresAt: 5000 });
    time.advance(100);
    backend.acquired[1]!.grant();
    time.advance(3400);
    backend.renewals[0]!.confirm();
    time.advance(3400);
    backend.renewals[1]!.fail(new errors.LockNetworkError('no answer', { cause }));
    time.advance(10_000);
    // Released, and the answer to that.
    const left = locks.lock$('b', '10s').subscribe();
    backend.acquired.at(-1)!.grant();
    left.unsubscribe();
    time.turn();
    backend.releases.at(-1)!.fail(new errors.LockNetworkError('no answer', { cause }));
    time.advance(20_000);
    // An error.
    locks.lock$('c', '10s').subscribe({ error: () => undefined });
    backend.acquired.at(-1)!.fail(new errors.LockAuthenticationError('no token', { cause }));
    const types = new Set(events.map(({ type }) => type));
    expect([...types].sort()).toEqual(
      ['acquired', 'error', 'lost', 'release', 'released', 'renewed', 'requested', 'uncertain', 'waiting'].sort(),
    );
    const told = events.map((event) => throughJson(event));
    expect(told.find((event) => (event as LocksEvent).type === 'acquired')).toMatchObject({
      lease: { name: 'a', fencingToken: expect.stringMatching(/^\d+$/) as unknown },
    });
    expect(told.find((event) => (event as LocksEvent).type === 'uncertain')).toMatchObject({
      cause: {
        name: 'LockNetworkError',
        code: 'ERR_LOCK_NETWORK',
        message: 'no answer',
        cause: { name: 'Error', message: 'theirs', code: 'ECONNRESET' },
      },
    });
  });

  it('a Locks, open and closed', async () => {
    const locks = createLocks(memory(), { holder: 'h', prefix: 'p-' });
    const lease = await locks.acquire('a', '10s');
    const shown = { backend: 'memory', holder: 'h', prefix: 'p-' };
    expect(throughJson(locks)).toEqual({ ...shown, held: 1, closed: false });
    await lease.release();
    await locks.close();
    expect(throughJson(locks)).toEqual({ ...shown, held: 0, closed: true });
  });

  it('every backend, open and closed, without its secrets', async () => {
    const backends: LockBackend[] = [
      memory(),
      scripted({ firstToken: 5n, error: 1n }),
      octostore({ baseUrl: 'http://127.0.0.1:1', token: 's3cret' }),
      octostoreElection({ baseUrl: 'http://127.0.0.1:1', id: ELECTION }),
      dflockd({ auth: 's3cret' }),
    ];
    for (const backend of backends) {
      const { name, features } = backend;
      const locks = createLocks(backend);
      expect(throughJson(backend)).toMatchObject({ name, features });
      await locks.close();
      expect(throughJson(backend)).toMatchObject({ name, features });
      expect(JSON.stringify([backend, locks])).not.toContain('s3cret');
    }
  });

  it('every error, whatever its cause is', () => {
    const classes = Object.values(errors).filter((one) => typeof one === 'function');
    expect(classes.length).toBeGreaterThan(10);
    const causes = [undefined, null, 1n, 'text', Symbol('s'), new Error('e'), { toJSON: 1n, message: 1n }, () => 1];
    for (const One of classes) {
      for (const cause of causes) {
        const error = new One('words', { name: 'a', cause });
        expect(throughJson(error)).toMatchObject({
          name: error.name,
          message: 'words',
          code: error.code,
          lockName: 'a',
        });
      }
    }
    const held = new errors.LockHeldError('', { holder: 'h', expiresAt: new Date(0), retryAfter: 5 });
    expect(throughJson(held)).toMatchObject({ holder: 'h', expiresAt: '1970-01-01T00:00:00.000Z', retryAfter: 5 });
  });

  it('statuses, whatever a service says', () => {
    const status = lockStatus({ name: 'a', status: 'held', fencingToken: 2n ** 63n, expiresAt: new Date(NaN) });
    expect(throughJson(status)).toEqual({
      name: 'a',
      status: 'held',
      fencingToken: String(2n ** 63n),
      expiresAt: null,
    });
  });

  it('leases, of which it makes no loss', () => {
    const lease = fakeLease({ remaining: () => 0 });
    expect(throughJson(lease)).toMatchObject({ name: 'fake', fencingToken: '1', isHeld: false });
    expect(lease.ended).toBeUndefined();
    expect(throughJson(eventValues(fakeLease()))).toMatchObject({ a: { lease: { fencingToken: '1' } } });
    expect(throughJson(lockEvent('acquired', { fencingToken: 7n, name: 'a' }))).toEqual({
      type: 'acquired',
      name: 'a',
      fencingToken: '7',
    });
  });

  it('several leases as one', async () => {
    const locks = createLocks(memory());
    const lease = await locks.acquireAll(['a', 'b'], '10s');
    expect(throughJson(lease)).toMatchObject({ name: 'a,b', isHeld: true });
    expect(throughJson(await locks.list())).toMatchObject([{ fencingToken: '1' }, { fencingToken: '2' }]);
    await lease.release();
    await locks.close();
  });

  it('the leadership of a name, with the term of who leads', async () => {
    const backend = memory();
    const [one, two] = [createLocks(backend, { holder: 'one' }), createLocks(backend, { holder: 'two' })];
    const lease = await one.acquire('a', '10s', { metadata: 'm' });
    const states = await firstValueFrom(two.leader$('a', '10s').pipe(take(2), toArray()));
    expect(throughJson(states)).toEqual([
      { leading: false },
      { leading: false, leader: { holder: 'one', metadata: 'm', term: '1' } },
    ]);
    await lease.release();
    const leading = await firstValueFrom(two.leader$('a', '10s'));
    throughJson(leading);
    await Promise.all([one.close(), two.close()]);
  });
});
