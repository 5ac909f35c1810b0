import { describe, expect, it } from 'vitest';
import type { Principals } from '../../../src/server/principals.js';
import { ServerCore } from '../../../src/server/server-core.js';
import { TokenPrincipals } from '../../../src/server/token-principals.js';
import { FakeDisk, FakeLedger } from '../support/fake-ledger.js';
import { setUp } from './support/support.js';

/** A front on a disk that is as fast as the test wants. */
function start(disk = new FakeDisk(), principals?: Principals) {
  const ledger = new FakeLedger(disk, true);
  const made = setUp({
    ...(principals === undefined ? {} : { principals }),
    core: (time) => new ServerCore({ scheduler: time }, undefined, undefined, { ledger }),
  });
  void made.core.records.begin();
  made.time.turn();
  return { ...made, ledger, disk };
}

describe('a ttl', () => {
  it('that is shorter than what is stored is told as such, though a longer one before it cannot be stored', () => {
    const { client, time, ledger, disk, core } = start();
    const one = client();
    const lock = one.send({ type: 'acquire', name: 'a', ttl: 10_000 });
    time.turn();
    expect(one.read()).toMatchObject([{ type: 'granted' }]);
    ledger.isFast = false;
    one.ask({ type: 'ttl', lock, ttl: 60_000 }, { type: 'ttl', lock, ttl: 2000 });
    time.turn();
    disk.trouble = 'no space left';
    ledger.finish();
    expect(one.read()).toMatchObject([
      { type: 'error', id: 2, code: 'storage' },
      { type: 'done', id: 3 },
    ]);
    expect(core.table.status('a').expiresIn).toBe(2000);
  });

  it('that cannot be stored leaves the one before', () => {
    const { client, time, disk } = start();
    const one = client();
    const lock = one.send({ type: 'acquire', name: 'a', ttl: 6000 });
    time.turn();
    one.read();
    one.alive();
    disk.trouble = 'no space left';
    one.send({ type: 'ttl', lock, ttl: 60_000 });
    time.turn();
    expect(one.read()).toMatchObject([{ type: 'error', code: 'storage' }]);
    // It is asked for a sign of life as often as before.
    expect(one.advance(2000)).toEqual([{ type: 'tick' }]);
  });

  it('that cannot be stored leaves the one that is, and not another that cannot be either', () => {
    const { client, ledger, disk, time, core } = start();
    const one = client();
    const lock = one.send({ type: 'acquire', name: 'a', ttl: 6000 });
    time.turn();
    one.read();
    ledger.isFast = false;
    one.ask({ type: 'ttl', lock, ttl: 60_000 });
    one.ask({ type: 'ttl', lock, ttl: 120_000 });
    disk.trouble = 'no space left';
    ledger.finish();
    expect(one.read()).toMatchObject([
      { type: 'error', id: lock + 1, code: 'storage' },
      { type: 'error', id: lock + 2, code: 'storage' },
    ]);
    expect(core.table.places()).toMatchObject([{ ask: { ttl: 6000 } }]);
    expect(one.advance(2000)).toEqual([{ type: 'tick' }]);
  });

  it('that cannot be stored leaves one that is shorter than what was stored before', () => {
    const { client, time, disk, core } = start();
    const one = client();
    const lock = one.send({ type: 'acquire', name: 'a', ttl: 60_000 });
    time.turn();
    one.ask({ type: 'ttl', lock, ttl: 6000 });
    disk.trouble = 'no space left';
    one.ask({ type: 'ttl', lock, ttl: 120_000 });
    expect(core.table.places()).toMatchObject([{ ask: { ttl: 6000 } }]);
    expect(one.advance(2000)).toEqual([{ type: 'tick' }]);
  });
});

describe('a lock that was let go of', () => {
  it('is not harmed by who comes for it while nothing can be stored: it is there for who comes again', () => {
    const { client, time, disk, core } = start();
    const [one, two] = [client(), client()];
    const lock = one.send({ type: 'acquire', name: 'a', ttl: 10_000 });
    time.turn();
    const [granted] = one.read();
    const detach = one.send({ type: 'detach', lock });
    time.turn();
    const [detached] = one.read() as unknown as [{ readonly secret: string }];
    disk.trouble = 'no space left';
    two.send({ type: 'adopt', name: 'a', secret: detached.secret, ttl: 1000 });
    time.turn();
    expect(two.read()).toMatchObject([{ type: 'error', code: 'storage' }]);
    expect(core.table.status('a')).toMatchObject({ holders: 1, expiresIn: 10_000 });
    expect(two.alive()).toMatchObject([{ type: 'done' }]);
    // Who did not hear the secret may ask for it again.
    expect(one.ask({ type: 'detach', lock })).toMatchObject([{ id: detach + 1, secret: detached.secret }]);
    disk.trouble = undefined;
    time.advance(2000);
    two.read();
    two.send({ type: 'adopt', name: 'a', secret: detached.secret, ttl: 5000 });
    time.turn();
    const [adopted] = two.read();
    expect(adopted).toMatchObject({ type: 'granted', token: (granted as { readonly token?: number }).token });
    expect(core.table.status('a').expiresIn).toBe(5000);
  });
});

describe('a session', () => {
  it('whose client goes before it is stored is gone as well', () => {
    const { client, stranger, time, ledger, front } = start();
    const one = client();
    ledger.isFast = false;
    one.send({ type: 'acquire', name: 'a', ttl: 10_000 });
    const two = stranger();
    two.hello();
    two.drop();
    time.turn();
    ledger.finish();
    time.turn();
    expect(front.sessions).toBe(1);
  });

  it('of before a start belongs to who has a token of that name now', () => {
    const list = [{ name: 'alice', token: 'secret' }];
    const disk = new FakeDisk();
    const before = start(disk, new TokenPrincipals(list));
    const one = before.stranger();
    one.hello({ token: 'secret' });
    const lock = one.send({ type: 'acquire', name: 'a', ttl: 10_000 });
    before.time.turn();
    one.read();
    const principals = new TokenPrincipals(list);
    const after = start(disk, principals);
    const two = after.stranger();
    expect(
      two.hello({ token: 'secret', ...(one.session === undefined ? {} : { session: one.session }) }),
    ).toMatchObject([{ type: 'welcome', resumed: true }]);
    two.lastId = lock;
    expect(two.settle([], [lock])).toMatchObject([{ type: 'done' }]);
    principals.replace(list);
    expect(two.connection.code).toBeUndefined();
    principals.replace([{ name: 'bob', token: 'other' }]);
    expect(two.connection.code).toBe(1008);
  });
});

describe('what is to stay taken after its release', () => {
  it('is given back when that is stored, if it is for longer than the lock would have lived', () => {
    const { client, time, ledger, disk } = start();
    const one = client();
    const lock = one.send({ type: 'acquire', name: 'a', ttl: 1000 });
    time.turn();
    one.read();
    ledger.isFast = false;
    one.send({ type: 'release', lock, keepFor: 60_000 });
    time.turn();
    expect(one.read()).toEqual([]);
    ledger.finish();
    expect(one.read()).toMatchObject([{ type: 'done' }]);
    expect([...disk.entries.values()].join('')).toContain('"ttl":60000');
  });

  it('is said to be not stored if it cannot be', () => {
    const { client, time, disk } = start();
    const one = client();
    const lock = one.send({ type: 'acquire', name: 'a', ttl: 1000 });
    time.turn();
    one.read();
    disk.trouble = 'no space left';
    one.send({ type: 'release', lock, keepFor: 60_000 });
    time.turn();
    expect(one.read()).toMatchObject([{ type: 'error', code: 'storage' }]);
  });
});
