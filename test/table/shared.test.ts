import { describe, expect, it } from 'vitest';
import type { Ask } from '../../src/table/place.js';
import { setUp, type TestPlace } from './support/support.js';

const READING = { mode: 'shared' } as const;

/** A table, and readers and writers of 'x' that are called by their owners' names. */
function library(wishes: Partial<Ask> = {}) {
  const stage = setUp();
  const come = (name: string, mode?: 'shared', wait = true): TestPlace => {
    const place = stage.client(name).place('x', 1000, { ...wishes, mode });
    stage.log.push(`${name} ${stage.table.acquire(place, wait)}`);
    return place;
  };
  return { ...stage, come, read: (name: string) => come(name, 'shared'), write: (name: string) => come(name) };
}

describe('a lock that is shared', () => {
  it('lets in any number of readers, or one writer', () => {
    const { read, come, table, log } = library();
    const readers = ['a', 'b', 'c'].map(read);
    come('w', undefined, false);
    expect(log).toEqual(['a granted', 'b granted', 'c granted', 'w held']);
    for (const place of readers) table.release(place);
    const writer = come('w', undefined, false);
    come('a', 'shared', false);
    come('v', undefined, false);
    expect(log.slice(4)).toEqual(['w granted', 'a held', 'v held']);
    table.release(writer);
    expect(table.size).toBe(0);
  });

  it('gives each reader a token of its own, which grows over both modes', () => {
    const { read, write, table } = library();
    const [a, b] = [read('a'), read('b')];
    const w = write('w');
    const c = read('c');
    for (const place of [a, b, w]) table.release(place);
    expect([a, b, w, c].map((place) => place.fencingToken)).toEqual([1n, 2n, 3n, 4n]);
  });

  it('lets no reader pass a writer that came before him, whether he waits or not', () => {
    const { read, write, come, table, log } = library();
    const a = read('a');
    const w = write('w');
    const b = read('b');
    come('c', 'shared', false);
    expect(log).toEqual(['a granted', 'w queued', 'b queued', 'c held']);
    table.release(a);
    expect([w.state, b.state]).toEqual(['held', 'waiting']);
    table.release(w);
    expect(b.state).toBe('held');
  });

  it('lets in together readers who stand next to each other, and no more of them', () => {
    const { read, write, table, log } = library();
    const v = write('v');
    const [a, b] = [read('a'), read('b')];
    const w = write('w');
    const c = read('c');
    log.length = 0;
    table.release(v);
    expect(log).toEqual(['a granted x', 'b granted x']);
    table.release(b);
    expect(w.state).toBe('waiting');
    table.release(a);
    expect([w.state, c.state]).toEqual(['held', 'waiting']);
  });

  it('lets in those behind a writer that leaves the queue', () => {
    const { read, write, table, log } = library();
    read('a');
    const w = write('w');
    read('b');
    read('c');
    log.length = 0;
    table.leave(w);
    expect(log).toEqual(['b granted x', 'c granted x']);
  });

  it('waits for the last of its readers, whoever gives back first, runs out or is revoked', () => {
    const { read, write, table, clock, log } = library();
    const a = read('a');
    clock.advance(500);
    const b = read('b');
    const w = write('w');
    log.length = 0;
    expect(table.renew(a, 1400)).toBe(true);
    clock.advance(1000);
    expect([log.splice(0), w.state]).toEqual([['b expired x'], 'waiting']);
    expect(table.renew(b, 1000)).toBe(false);
    clock.advance(400);
    expect(log.splice(0)).toEqual(['a expired x', 'w granted x']);
    table.release(w);
    const [c, d] = [read('c'), read('d')];
    write('v');
    log.length = 0;
    expect(table.revoke('x')).toBe(2);
    expect([c.state, d.state, log]).toEqual(['gone', 'gone', ['c revoked x', 'd revoked x', 'v granted x']]);
  });

  it('is nobody’s before all its readers know that it was taken from them, whatever they do when they hear it', () => {
    const { read, table, client } = library();
    const readers = [read('a'), read('b'), read('c')];
    const [queued, ...answers] = [client('w').place('x')] as [TestPlace, ...string[]];
    for (const { owner } of readers) {
      owner.ended = () => {
        answers.push(`${owner.name} ${table.acquire(client('v').place('x'), false)}`);
        if (queued.state === 'idle') answers.push(`w ${table.acquire(queued, true)}`);
        table.revoke('x');
      };
    }
    expect(table.revoke('x')).toBe(3);
    expect(answers).toEqual(['a held', 'w queued', 'b held', 'c held']);
    expect(queued.state).toBe('held');
    table.release(queued);
    expect(table.size).toBe(0);
  });

  it('is handed over even if one of its readers throws when he hears it', () => {
    const { read, write, table } = library();
    const a = read('a');
    read('b');
    const w = write('w');
    a.owner.ended = () => {
      throw new Error('mine');
    };
    expect(() => table.revoke('x')).toThrow('mine');
    expect(w.state).toBe('held');
  });

  it('tells its mode, how many hold it, and of whom that was first', () => {
    const { read, write, table } = library({ metadata: 'm' });
    const [a, b] = [read('a'), read('b')];
    write('w');
    expect(table.status('x')).toMatchObject({ mode: 'shared', limit: 1, holders: 2, waiters: 1, holder: 'a' });
    table.release(a);
    expect(table.status('x')).toMatchObject({ mode: 'shared', holders: 1, holder: 'b', fencingToken: 2n });
    table.release(b);
    expect(table.status('x')).toMatchObject({ mode: 'exclusive', holders: 1, waiters: 0, holder: 'w' });
    table.revoke('x');
    expect(table.status('x')).toMatchObject({ mode: undefined, holders: 0 });
  });

  it('is kept for a reader who has given it back: others may share it, nobody has it alone', () => {
    const { come, read, table, clock, log } = library();
    table.release(read('a'), 500);
    come('w', undefined, false);
    table.release(read('b'));
    clock.advance(500);
    come('w', undefined, false);
    expect(log).toEqual(['a granted', 'w held', 'b granted', 'w granted']);
  });

  it('is one lock: the readers of a semaphore of that name have their own', () => {
    const { read, client, table } = library();
    read('a');
    expect(table.acquire(client('s').place('x', 1000, { limit: 1 }), false)).toBe('granted');
  });

  it('tells its watchers of the first reader and the last at once, and of those between them all at once', () => {
    const { read, table, clock } = library();
    const seen: string[] = [];
    table.watch('x', () => {
      const { holder = 'nobody', holders } = table.status('x');
      seen.push(`${clock.now} ${holder} ${holders}`);
    });
    const places = Array.from({ length: 100 }, (_, i) => read(`r${String(i)}`));
    expect(seen).toEqual(['0 r0 1']);
    clock.advance(20);
    expect(seen.splice(0)).toEqual(['0 r0 1', '0 r0 100']);
    for (const place of places.slice(1)) table.release(place);
    expect(seen).toEqual([]);
    table.release(places[0]!);
    expect(seen).toEqual(['20 nobody 0']);
  });
});

describe('a writer among readers who come and go', () => {
  it('gets in within one round: once those have left who were there before him', () => {
    const { table, client, clock, log } = setUp();
    const hold = 300;
    const ends: { at: number; place: TestPlace }[] = [];
    let rounds = 0;
    /** Reads, gives back, and comes again at once. */
    const read = (name: string): void => {
      const onGranted = (place: TestPlace): void => {
        rounds++;
        ends.push({ at: clock.now + hold, place });
      };
      const place = client(name).place('x', 10_000, { ...READING, onGranted });
      if (table.acquire(place, true) === 'granted') onGranted(place);
    };
    for (let i = 0; i < 200; i++) {
      read(`r${String(i)}`);
      clock.advance(1);
    }
    const pass = (until: () => boolean): void => {
      for (let i = 0; i < 2000 && !until(); i++) {
        clock.advance(1);
        for (const end of ends.filter(({ at }) => at <= clock.now)) {
          ends.splice(ends.indexOf(end), 1);
          table.release(end.place);
          read(end.place.holder!);
        }
      }
    };
    pass(() => clock.now >= 1000);
    log.length = 0;
    const before = rounds;
    const asked = clock.now;
    const writer = client('w').place('x', 10_000);
    expect(table.acquire(writer, true)).toBe('queued');
    pass(() => writer.state === 'held');
    expect([clock.now - asked <= hold, rounds - before]).toEqual([true, 0]);
    expect(log).toEqual(['w granted x']);
    // And all whom he kept waiting enter together after him.
    table.release(writer);
    expect(rounds - before).toBe(200);
  });
});

describe('many readers of one name', () => {
  /** How often the table looks at a place's links or its wish while all of them come, wait, enter and leave. */
  function work(readers: number): number {
    const { table, client } = setUp();
    let looks = 0;
    const counted = (mode: 'shared' | undefined): TestPlace => {
      const place = client('r').place('x', 1000, { mode });
      let { link } = place;
      Object.defineProperty(place, 'link', {
        get: () => {
          looks++;
          return link;
        },
        set: (value: typeof link) => {
          link = value;
        },
      });
      Object.defineProperty(place, 'ask', {
        value: new Proxy(place.ask, {
          get: (ask, key) => {
            looks++;
            return Reflect.get(ask, key) as unknown;
          },
        }),
      });
      return place;
    };
    const writer = counted(undefined);
    table.acquire(writer, true);
    const places = Array.from({ length: readers }, () => counted('shared'));
    for (const place of places) table.acquire(place, true);
    table.release(writer);
    for (const place of places) expect(place.state).toBe('held');
    const more = Array.from({ length: readers }, () => counted('shared'));
    for (const place of more) expect(table.acquire(place, false)).toBe('granted');
    for (const place of [...places, ...more]) table.release(place);
    expect(table.size).toBe(0);
    return looks;
  }

  it('cost each as much as the first, however many there are', () => {
    const [some, many] = [work(100), work(1000)];
    expect(many / some).toBeLessThan(10.5);
  });
});
