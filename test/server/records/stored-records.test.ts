import { describe, expect, it } from 'vitest';
import type { PlaceRecord } from '../../../src/server/records.js';
import { ServerCore } from '../../../src/server/server-core.js';
import { ServerSession, SessionPlace } from '../../../src/server/session.js';
import type { Ask } from '../../../src/table/place.js';
import { collect } from '../../support/collect.js';
import { Time } from '../../support/virtual.js';
import { FakeDisk, FakeLedger } from '../support/fake-ledger.js';

class TestPlace extends SessionPlace {
  data: unknown = { of: this.ask.holder };

  granted(): void {
    // Looked at by its state.
  }

  taken(): void {
    // Likewise.
  }

  override record(): PlaceRecord {
    return { front: 'test', data: this.data };
  }
}

/** A server that has started on a disk. */
function start(disk = new FakeDisk(), isFast = false) {
  const time = new Time();
  const ledger = new FakeLedger(disk, isFast);
  const core = new ServerCore({ scheduler: time }, undefined, undefined, { ledger });
  const session = new ServerSession();
  const log: string[] = [];
  const place = (ask: Ask): TestPlace => new TestPlace(ask, session);
  /** Asks for a lock, and writes down when that is settled. */
  const acquire = (name: string, more: Partial<Ask> = {}): TestPlace => {
    const made = place({ name, ttl: 1000, holder: `of ${name}`, ...more });
    core.turn.run(() => {
      core.table.acquire(made, false);
      settle(name, made, true);
    });
    return made;
  };
  const settle = (what: string, of?: TestPlace, isGrant = false): void => {
    core.records.whenStored((failure) => {
      log.push(failure === undefined ? `${what} settled` : `${what} failed: ${failure.message}`);
      if (failure !== undefined && of !== undefined && isGrant) core.table.release(of);
    }, of);
  };
  /** The turn ends, and what it has written is on disk. */
  const flush = (): void => {
    time.turn();
    ledger.finish();
    time.turn();
  };
  /** The start is over. */
  const begin = (): void => {
    void core.records.begin();
    flush();
    disk.batches.length = 0;
  };
  const names = (): string[] =>
    disk.entries.size === 0
      ? []
      : [...disk.entries].filter(([key]) => key.startsWith('p')).map(([, text]) => (JSON.parse(text) as Ask).name);
  return {
    time,
    ledger,
    core,
    disk,
    log,
    place,
    acquire,
    settle,
    flush,
    begin,
    names,
    table: core.table,
    records: core.records,
  };
}

describe('stored records', () => {
  it('settle a grant when it is on disk, and not before', () => {
    const { acquire, log, time, ledger, names, begin } = start();
    begin();
    acquire('x');
    time.turn();
    expect([log, names()]).toEqual([[], []]);
    ledger.finish();
    expect([log, names()]).toEqual([['x settled'], ['x']]);
  });

  it('write all that a turn brought as one batch, and all that comes while it is written as the next', () => {
    const { acquire, log, flush, disk, time, ledger, begin } = start();
    begin();
    for (const name of ['a', 'b']) acquire(name);
    time.turn();
    for (const name of ['c', 'd', 'e']) acquire(name);
    ledger.finish();
    expect(log).toEqual(['a settled', 'b settled']);
    flush();
    expect(log.slice(2)).toEqual(['c settled', 'd settled', 'e settled']);
    expect(disk.batches.map(({ puts }) => puts.length)).toEqual([3, 4]);
  });

  it('let a release ride with the next grant, and wait for it no longer than 25 ms', () => {
    const { acquire, flush, table, disk, time, ledger, names, begin } = start();
    begin();
    const x = acquire('x');
    flush();
    table.release(x);
    time.advance(24);
    expect(ledger.pending).toBeUndefined();
    acquire('y');
    flush();
    expect(disk.batches.at(-1)).toMatchObject({ deletes: ['p0000000000000001'] });
    table.release(acquire('z'));
    flush();
    time.advance(25);
    flush();
    expect(names()).toEqual(['y']);
  });

  it('never store a grant of a name without the release before it', () => {
    const { acquire, flush, table, disk, begin } = start();
    begin();
    const first = acquire('x');
    flush();
    table.release(first);
    acquire('x');
    flush();
    expect(disk.batches.at(-1)?.deletes).toHaveLength(1);
    expect(disk.batches.at(-1)?.puts).toHaveLength(2);
  });

  it('do not store what came and went before anybody heard of it', () => {
    const { place, table, time, ledger, records, begin } = start();
    begin();
    const x = place({ name: 'x', ttl: 1000 });
    table.acquire(x, false);
    table.release(x);
    time.advance(1000);
    expect(ledger.pending).toBeUndefined();
    let isSettled = false;
    records.whenStored(() => (isSettled = true), x);
    expect(isSettled).toBe(true);
  });

  it('store a renewal that lengthens a ttl before it is settled, and no other', () => {
    const { acquire, flush, table, settle, log, ledger, time, disk, begin } = start();
    begin();
    const x = acquire('x');
    flush();
    table.renew(x, 500);
    table.renew(x, 1000);
    settle('short', x);
    expect(log).toEqual(['x settled', 'short settled']);
    table.renew(x, 5000);
    settle('long', x);
    time.turn();
    expect([log.length, ledger.pending !== undefined]).toEqual([2, true]);
    ledger.finish();
    expect(log.at(-1)).toBe('long settled');
    expect(disk.entries.get('p0000000000000001')).toContain('"ttl":5000');
  });

  it('store a new token in place of the old one, in one batch; whose it is may renew meanwhile as before', () => {
    const { acquire, flush, table, settle, log, disk, begin, names } = start();
    begin();
    const x = acquire('x');
    flush();
    table.renumber(x);
    settle('renumbered');
    disk.trouble = 'full';
    flush();
    // What is on the disk is still enough for that.
    table.renew(x, 900);
    settle('renewed', x);
    expect(log.slice(1)).toEqual(['renumbered failed: full', 'renewed settled']);
    expect(names()).toEqual(['x']);
  });

  it('know it by its new token after the next start', () => {
    const { acquire, flush, table, settle, disk, begin } = start();
    begin();
    const x = acquire('x');
    flush();
    table.renumber(x);
    settle('renumbered');
    flush();
    expect(disk.batches.at(-1)).toMatchObject({ deletes: ['p0000000000000001'] });
    expect(start(disk).records.restored('test')).toMatchObject([{ token: 2, ask: { name: 'x', ttl: 1000 } }]);
  });

  it('settle in a turn, at the end of which all is told at once', () => {
    const { core, acquire, time, ledger, records, begin } = start();
    begin();
    const x = acquire('x');
    let told = 0;
    records.whenStored(() => {
      core.turn.add({ flush: () => told++ });
      expect(told).toBe(0);
    }, x);
    time.turn();
    ledger.finish();
    expect(told).toBe(1);
  });

  it('write nothing while nothing changes, and no grant before begin()', () => {
    const { core, time, ledger, place } = start();
    expect(() => core.table.acquire(place({ name: 'x', ttl: 1000 }), false)).toThrow('begin()');
    time.advance(10_000);
    expect(ledger.pending).toBeUndefined();
  });

  it('write what is left when they are closed, and settle nothing after that', async () => {
    const { acquire, flush, table, records, log, names, ledger, begin } = start(undefined, true);
    begin();
    const x = acquire('x');
    flush();
    table.release(x);
    await records.close();
    expect([names(), ledger.isClosed]).toEqual([[], true]);
    acquire('y');
    expect(log).toEqual(['x settled']);
  });
});

describe('after a start', () => {
  /** A disk on which a server has left something. */
  function left(work: (server: ReturnType<typeof start>) => void): FakeDisk {
    const server = start(undefined, true);
    server.begin();
    work(server);
    server.flush();
    server.time.advance(25);
    return server.disk;
  }

  it('each front finds what it had, and holds it for its full ttl', () => {
    const disk = left(({ acquire, time, table }) => {
      const x = acquire('x', { ttl: 5000, metadata: 'm' });
      acquire('s', { limit: 3, permits: 2 });
      acquire('shared', { mode: 'shared' });
      time.advance(900);
      table.renew(x, 8000);
      time.advance(99);
    });
    const { records, table, place, time, begin } = start(disk);
    const found = records.restored('test');
    expect(found.map(({ ask, data, token }) => [ask.name, data, token])).toEqual([
      ['x', { of: 'of x' }, 1],
      ['s', { of: 'of s' }, 2],
      ['shared', { of: 'of shared' }, 3],
    ]);
    expect(found[0]?.ask).toEqual({ name: 'x', ttl: 8000, holder: 'of x', metadata: 'm' });
    expect(records.restored('other')).toEqual([]);
    const x = place(found[0]?.ask as Ask);
    table.restore(x, 1);
    begin();
    expect(table.status('x')).toMatchObject({ holders: 1, expiresIn: 8000, fencingToken: 1n });
    expect(table.status('s', true)).toMatchObject({ holders: 1, permits: 2, limit: 3 });
    expect(table.status('shared')).toMatchObject({ mode: 'shared' });
    expect(table.release(x)).toBe(true);
    time.advance(25);
    expect(table.status('x').holders).toBe(0);
  });

  it('what nobody claims is held by nobody for its full ttl, and shows who held it', () => {
    const disk = left(({ acquire }) => acquire('x', { metadata: 'm' }));
    const { records, table, time, acquire, begin } = start(disk, true);
    begin();
    expect(records.restored('test')).toEqual([]);
    time.advance(999);
    expect(table.status('x')).toMatchObject({ holders: 1, holder: 'of x', metadata: 'm', expiresIn: 1 });
    time.advance(1);
    acquire('x');
    expect(table.status('x').holder).toBe('of x');
    expect(table.status('x').fencingToken).toBeGreaterThan(1n);
  });

  it('a lock that is kept after its release is so for its full time, and nobody’s to claim', () => {
    const disk = left(({ acquire, table, flush }) => {
      const x = acquire('x', { ttl: 60_000 });
      flush();
      table.release(x, 3000);
    });
    const { records, table, begin } = start(disk);
    expect(records.restored('test')).toEqual([]);
    begin();
    expect(table.status('x')).toMatchObject({ holders: 1, expiresIn: 3000 });
  });

  it('what is kept is kept for its time once, and not once more for a delay, however often a start comes', () => {
    const disk = left(({ acquire, table, time }) => {
      acquire('x', { ttl: 1000, lockDelay: 4000 });
      time.advance(1500);
      expect(table.status('x').holders).toBe(1);
    });
    const again = start(disk, true);
    again.begin();
    again.time.advance(3000);
    const { table, begin, time } = start(disk);
    begin();
    time.advance(3999);
    expect(table.status('x').holders).toBe(1);
    time.advance(1);
    expect(table.status('x').holders).toBe(0);
  });

  it('no fencing token is given out that was before, not even one that was only seen and not stored', () => {
    const disk = left(({ acquire }) => acquire('x'));
    const crashed = start(disk);
    crashed.begin();
    const seen = crashed.acquire('y').token;
    crashed.ledger.crash(false);
    const { acquire, begin } = start(disk);
    begin();
    expect(acquire('z').token).toBeGreaterThan(seen);
  });

  it('notes of a front are there, and those of another are not', () => {
    const disk = left(({ records }) => {
      records.put('test', 'a', { n: 1 });
      records.put('test', 'a', { n: 2 });
      records.put('test', 'gone', true);
      records.put('other', 'a', '\udc80');
      records.delete('test', 'gone');
      records.delete('test', 'never');
    });
    const { records } = start(disk);
    expect([...records.notes('test')]).toEqual([['a', { n: 2 }]]);
    expect([...records.notes('other')]).toEqual([['a', '\udc80']]);
  });

  it('a name that is no text is the same', () => {
    const disk = left(({ acquire }) => acquire('\udc80\u00ff'));
    expect(start(disk).records.restored('test')[0]?.ask.name).toBe('\udc80\u00ff');
  });

  it.each([
    ['a grant is missing', (entries: Map<string, string>) => entries.delete('p0000000000000001')],
    [
      'a grant is another',
      (entries: Map<string, string>) => entries.set('p0000000000000001', '{"name":"q","ttl":1000}'),
    ],
    [
      'a grant has another token',
      (entries: Map<string, string>) =>
        entries.set('p0000000000000003', entries.get('p0000000000000001') ?? '') && entries.delete('p0000000000000001'),
    ],
    [
      'two grants have changed places',
      (entries: Map<string, string>) => {
        const [one, two] = [entries.get('p0000000000000001') ?? '', entries.get('p0000000000000002') ?? ''];
        entries.set('p0000000000000001', two).set('p0000000000000002', one);
      },
    ],
    [
      'there is one too many',
      (entries: Map<string, string>) => entries.set('p0000000000000009', '{"name":"q","ttl":1000}'),
    ],
    ['a head is missing', (entries: Map<string, string>) => entries.delete('head')],
    ['a head is another', (entries: Map<string, string>) => entries.set('head', `1${entries.get('head') ?? ''}`)],
  ])('damage is noticed: %s', (_what, damage) => {
    const disk = left(({ acquire }) => {
      acquire('x');
      acquire('y');
    });
    damage(disk.entries);
    expect(() => start(disk)).toThrow(/its |it has/);
  });
});

describe('while nothing can be written', () => {
  function broken() {
    const server = start(undefined, true);
    server.begin();
    const held = server.acquire('held');
    server.flush();
    server.disk.trouble = 'no space';
    server.log.length = 0;
    return { ...server, held };
  }

  it('new locks are refused, at once from the second on, and held ones can be renewed and given back', () => {
    const { acquire, flush, table, settle, log, held, records } = broken();
    acquire('x');
    expect(records.failure).toBeUndefined();
    flush();
    expect(records.failure?.message).toBe('no space');
    acquire('y');
    expect(log.splice(0)).toEqual(['x failed: no space', 'y failed: no space']);
    expect([table.status('x').holders, table.status('y').holders]).toEqual([0, 0]);
    expect(table.renew(held, 1000)).toBe(true);
    settle('renewal', held);
    expect(log).toEqual(['renewal settled']);
    expect(table.release(held)).toBe(true);
  });

  it('a renewal that would lengthen is not settled, and those of before still are', () => {
    const { flush, table, settle, log, held } = broken();
    table.renew(held, 9000);
    settle('long', undefined);
    settle('long too', held);
    flush();
    settle('longer', held);
    table.renew(held, 1000);
    settle('short', held);
    table.renew(held, 9000);
    settle('long again', held);
    expect(log).toEqual([
      'long failed: no space',
      'long too failed: no space',
      'longer settled',
      'short settled',
      'long again failed: no space',
    ]);
  });

  it('all is as it should be once there is space again', () => {
    const { acquire, flush, time, disk, table, log, records, held, names } = broken();
    acquire('x');
    flush();
    table.release(held);
    time.advance(5000);
    disk.trouble = undefined;
    time.advance(1000);
    expect([records.failure, names()]).toEqual([undefined, []]);
    acquire('y');
    flush();
    expect(log.at(-1)).toBe('y settled');
    const next = start(disk);
    expect(next.records.restored('test').map(({ ask }) => ask.name)).toEqual(['y']);
  });

  it('a failed batch that is on disk after all is taken back', () => {
    const server = start();
    const { disk, names } = server;
    server.begin();
    server.acquire('x');
    server.time.turn();
    server.ledger.failButWrite('who knows', {
      number: 1,
      token: 1,
      puts: [['p0000000000000001', '{"name":"x","ttl":1000}']],
      deletes: [],
    });
    expect(names()).toEqual(['x']);
    disk.trouble = undefined;
    server.time.advance(1000);
    server.ledger.finish();
    expect(names()).toEqual([]);
    expect(() => start(disk)).not.toThrow();
  });

  it('what changes while all is written anew is written after that', () => {
    const { acquire, flush, time, disk, table, ledger, held, names } = broken();
    acquire('x');
    flush();
    disk.trouble = undefined;
    ledger.isFast = false;
    time.advance(1000);
    expect(ledger.pending).toBeDefined();
    table.release(held);
    ledger.finish();
    expect(names()).toEqual(['held']);
    time.advance(25);
    ledger.finish();
    expect(names()).toEqual([]);
  });

  it('what comes and goes until there is space again is not kept, however much that is', () => {
    const { core, flush, records, table, place, time } = broken();
    const seen: WeakRef<object>[] = [];
    const ask = (name: string): void => {
      const asked = place({ name, ttl: 1000 });
      seen.push(new WeakRef(asked));
      core.turn.run(() => {
        table.acquire(asked, false);
        records.whenStored(() => table.release(asked), asked);
      });
    };
    ask('first');
    flush();
    for (let count = 0; count < 100; count++) ask(`n${String(count)}`);
    // It is tried again, in vain.
    time.advance(2000);
    for (let count = 0; count < 100; count++) ask(`m${String(count)}`);
    return new Promise(setImmediate).then(() => {
      collect();
      // What is still on a stack, at most.
      expect(seen.filter((one) => one.deref() !== undefined).length).toBeLessThan(5);
    });
  });

  it('it is tried again and again, and nothing is written by halves meanwhile', () => {
    const { acquire, flush, time, disk, records, table, place, settle, log, ledger } = broken();
    acquire('x');
    flush();
    const first = disk.batches.length;
    time.advance(10_000);
    expect(disk.batches.length).toBe(first);
    disk.trouble = undefined;
    ledger.isFast = false;
    time.advance(1000);
    // Under way, and not there yet.
    const z = place({ name: 'z', ttl: 1000 });
    table.acquire(z, false);
    settle('z', z);
    expect(log.at(-1)).toBe('z failed: no space');
    ledger.finish();
    expect(records.failure).toBeUndefined();
  });
});
