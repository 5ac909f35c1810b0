import { describe, expect, it } from 'vitest';
import { ServerCore } from '../../../src/server/server-core.js';
import { TokenPrincipals } from '../../../src/server/token-principals.js';
import { FakeDisk, FakeLedger } from '../support/fake-ledger.js';
import { setUp, type NativeClient } from './support/support.js';

/** A front whose grants are stored, each write when the test says so, or at once. */
function start(disk = new FakeDisk(), isFast = false) {
  const ledger = new FakeLedger(disk, true);
  const all = setUp({ core: (time) => new ServerCore({ scheduler: time }, undefined, Infinity, { ledger }) });
  void all.core.records.begin();
  all.time.turn();
  ledger.isFast = isFast;
  /** Lets what is to be written be written. */
  const store = (): void => {
    for (let times = 0; times < 3; times++) {
      all.time.advance(0);
      ledger.finish();
    }
  };
  return { ...all, disk, ledger, store };
}

/** The process is killed, and starts anew; its clients find it again. */
function restart({ ledger, disk }: ReturnType<typeof start>, ...clients: NativeClient[]) {
  ledger.crash(false);
  const next = start(disk, true);
  for (const client of clients) client.moveTo(next.front, next.time);
  return next;
}

describe('a grant', () => {
  it('is told when it is stored, and its ttl begins then', () => {
    const { client, store, core, time } = start();
    const [one, two] = [client(), client()];
    expect(one.ask({ type: 'acquire', name: 'a', ttl: 30_000 })).toEqual([]);
    expect(two.ask({ type: 'acquire', name: 'a', ttl: 30_000 })).toMatchObject([{ type: 'held' }]);
    time.advance(5000);
    store();
    expect(one.read()).toMatchObject([{ type: 'granted', id: 1, news: 1 }]);
    expect(core.table.status('a').expiresIn).toBe(30_000);
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
  });

  it('that cannot be stored is given back, and says why; what is held is not harmed', () => {
    const { client, store, core, disk } = start();
    const one = client();
    one.ask({ type: 'acquire', name: 'a', ttl: 30_000 });
    store();
    one.read();
    disk.trouble = 'no space left on device';
    one.ask({ type: 'acquire', name: 'b', ttl: 30_000 });
    store();
    expect(one.read()).toMatchObject([
      { type: 'error', id: 2, code: 'storage', message: expect.stringContaining('no space') },
    ]);
    expect(one.ask({ type: 'acquire', name: 'c', ttl: 30_000 })).toMatchObject([{ code: 'storage' }]);
    expect(core.table.status('b').holders).toBe(0);
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
    expect(one.release(1)).toMatchObject([{ type: 'done' }]);
  });

  it('that nobody wants any more when it is stored is told to nobody', () => {
    const { client, store, core } = start();
    const one = client();
    one.ask({ type: 'acquire', name: 'a', ttl: 30_000 });
    expect(one.ask({ type: 'leave', lock: 1 })).toMatchObject([{ type: 'done' }]);
    store();
    expect(one.read()).toEqual([]);
    expect(core.table.status('a').holders).toBe(0);
  });

  it('whose client has gone and come back meanwhile is told to it', () => {
    const { client, store } = start();
    const one = client();
    one.ask({ type: 'acquire', name: 'a', ttl: 30_000 });
    one.drop();
    store();
    one.reconnect();
    store();
    one.read();
    expect(one.settle([1])).toMatchObject([{ type: 'granted', id: 1 }, { type: 'done' }]);
  });

  it('that is still being stored when its client settles is told once it is', () => {
    const { client, store } = start();
    const one = client();
    one.ask({ type: 'acquire', name: 'a', ttl: 30_000 });
    expect(one.settle([1])).toMatchObject([{ type: 'done' }]);
    store();
    expect(one.read()).toMatchObject([{ type: 'granted', id: 1, news: 1 }]);
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
  });
});

describe('a start', () => {
  it('finds the sessions again: none loses a lock, and tokens go on', () => {
    const before = start(new FakeDisk(), true);
    const one = before.client('one');
    one.take('a');
    one.take('b', { mode: 'shared' });
    const { news } = one;
    const after = restart(before, one);
    expect(after.core.table.status('a')).toMatchObject({ holder: 'one', expiresIn: 30_000 });
    expect(one.reconnect().answers).toMatchObject([{ type: 'welcome', resumed: true }]);
    expect(one.settle()).toMatchObject([{ type: 'done' }]);
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
    const [granted] = one.ask({ type: 'acquire', name: 'c', ttl: 30_000 });
    expect(granted).toMatchObject({ type: 'granted', news: news + 1 });
    expect((granted as { token: number }).token).toBeGreaterThan(2);
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
    expect(one.release(1)).toMatchObject([{ type: 'done' }]);
    expect(after.core.table.status('a').holders).toBe(0);
  });

  it('knows who may come back, by the secret of now and the one before', () => {
    const before = start(new FakeDisk(), true);
    const one = before.client('one');
    one.take('a');
    const first = one.session!;
    one.reconnect();
    const second = one.session!;
    const after = restart(before, one);
    one.session = { ...first, secret: 'wrong' };
    expect(one.reconnect().answers).toMatchObject([{ resumed: false }]);
    one.session = first;
    expect(one.reconnect().answers).toMatchObject([{ resumed: true }]);
    one.settle();
    one.session = second;
    expect(one.reconnect().answers).toMatchObject([{ resumed: false }]);
    expect(JSON.stringify([...after.disk.entries])).not.toContain(first.secret);
  });

  it('keeps what nobody comes back for until its ttl is over, and forgets the session with it', () => {
    const before = start(new FakeDisk(), true);
    before.client('one').take('a');
    const after = restart(before);
    after.time.advance(29_999);
    expect([after.core.table.status('a').holders, after.front.sessions]).toEqual([1, 1]);
    after.time.advance(10);
    expect([after.core.table.status('a').holders, after.front.sessions]).toEqual([0, 0]);
    after.store();
    expect(after.core.records.notes('ws').size).toBe(0);
  });

  it('keeps what was let go of for who has the secret', () => {
    const before = start(new FakeDisk(), true);
    const one = before.client('one');
    one.take('a');
    const [detached] = one.ask({ type: 'detach', lock: 1 });
    const { secret } = detached as { secret: string };
    const after = restart(before);
    const two = after.client('two');
    expect(two.ask({ type: 'adopt', name: 'a', secret, ttl: 30_000 })).toMatchObject([{ type: 'granted', token: 1 }]);
    expect(JSON.stringify([...after.disk.entries])).not.toContain(secret);
  });

  it('gives a session to nobody else', () => {
    const principals = new TokenPrincipals([{ name: 'ann', token: 'ann-token' }]);
    expect(principals.identify('ann-token')?.name).toBe('ann');
    const before = start(new FakeDisk(), true);
    const one = before.client('one');
    one.take('a');
    const { disk } = before;
    before.ledger.crash(false);
    const ledger = new FakeLedger(disk, true);
    const after = setUp({
      principals,
      core: (time) => new ServerCore({ scheduler: time }, undefined, Infinity, { ledger }),
    });
    void after.core.records.begin();
    one.moveTo(after.front, after.time);
    expect(one.reconnect({ token: 'ann-token' }).answers).toMatchObject([{ type: 'welcome', resumed: false }]);
  });
});
