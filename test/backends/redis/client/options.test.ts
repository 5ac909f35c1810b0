import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  redis,
  type EitherBackend,
  type PlainBackend,
  type RedisBackend,
} from '../../../../src/backends/redis/index.js';
import { createLocks, LockConfigError, LockError, LockValidationError } from '../../../../src/index.js';

const URL = 'redis://127.0.0.1:1';

/** What a call throws. */
function thrown(what: () => unknown): LockError & { option?: string } {
  try {
    what();
  } catch (error) {
    return error as LockError;
  }
  throw new Error('nothing was thrown');
}

describe('the options of redis()', () => {
  it.each([
    ['prefix', ['a{b', 'a}b', 'a\nb', 'x'.repeat(129), '\ud800', 7, null]],
    ['slot', ['', 'a{b', 'a}b', 'a\0b', 'x'.repeat(129), 7, null]],
    ['timeout', [0, 5, '5ms', '25h', -1, NaN, Infinity, 'soon', {}, null]],
    ['lockDelay', [-1, '25h', NaN, Infinity, 'soon', null]],
    ['maxTtl', [0, 999, '999ms', '25h', NaN, 'soon', null]],
    ['replicas', [-1, 1.5, NaN, Infinity, '1', null]],
    ['coldStart', ['cold', true, '', null]],
    ['tracking', [1, 'yes', null]],
    ['keys', ['both', true, null]],
  ] as const)('refuse what %s cannot be, naming it', (option, values) => {
    for (const value of values) {
      const error = thrown(() => redis(URL, { [option]: value } as never));
      expect(error).toBeInstanceOf(LockError);
      expect([option, value, error.option, error.message.includes(option)]).toEqual([option, value, option, true]);
    }
  });

  it.each([
    ['prefix', ['a{b', 7, null]],
    ['timeout', [5, 'soon', null]],
    ['maxTtl', [999, 'soon', null]],
  ] as const)('refuse what %s cannot be, for plain keys and several servers too', (option, values) => {
    for (const value of values) {
      const wrong = { [option]: value } as object;
      for (const make of [() => redis(URL, { ...wrong, keys: 'plain' }), () => redis([URL], wrong)])
        expect([value, thrown(make).option]).toEqual([value, option]);
    }
  });

  it('refuse what they do not know', () => {
    expect(thrown(() => redis(URL, { ttl: 1 } as never))).toBeInstanceOf(LockError);
    expect(thrown(() => redis(URL, { ttl: 1 } as never)).message).toContain('ttl');
  });

  it('refuse what is no client, and a URL that is none, without repeating it', () => {
    for (const client of [undefined, null, 7, {}, [], () => undefined]) {
      expect(thrown(() => redis(client as never))).toBeInstanceOf(LockConfigError);
    }
    for (const url of [
      '',
      'http://:hidden@host',
      'redis://:hidden@',
      'redis://:hidden@host/x',
      'redis://:hidden@host?a=b',
    ]) {
      const error = thrown(() => redis(url));
      expect(error).toBeInstanceOf(LockConfigError);
      expect(error.message).not.toContain('hidden');
    }
  });

  it('say what was passed in place of a client', () => {
    expect(thrown(() => redis(Promise.resolve(new Redis({ lazyConnect: true })) as never)).message).toContain(
      'a promise',
    );
    expect(thrown(() => redis({ host: 'localhost', port: 1 } as never)).message).toContain('an object of options');
    expect(thrown(() => redis({ socket: { path: 'hidden' } } as never)).message).not.toContain('hidden');
  });

  it('accept every client of both libraries in their types, and nothing else', async () => {
    const connected = (): unknown => [
      redis(new Redis({ lazyConnect: true })),
      redis(new Cluster([], { lazyConnect: true })),
      redis(createClient()),
      redis(createClient({ RESP: 2 })),
      redis(createCluster({ rootNodes: [] })),
      redis(createSentinel({ name: 'a', sentinelRootNodes: [] })),
      redis([createClient(), new Redis({ lazyConnect: true }), URL]),
      // @ts-expect-error -- no client
      redis({}),
      // @ts-expect-error -- a promise of one
      redis(createClient().connect()),
      // @ts-expect-error -- options
      redis({ host: 'localhost', port: 6379 }),
      // @ts-expect-error -- no client
      redis([{}, {}, {}]),
      // @ts-expect-error -- no client
      redis(new Map()),
    ];
    expect(connected).toThrow(LockConfigError);
    const keys = 'plain' as 'plain' | 'rxlock';
    const either = redis(URL, { keys });
    expectTypeOf(either).toEqualTypeOf<EitherBackend>();
    expectTypeOf(redis(URL, { keys: 'plain' })).toEqualTypeOf<PlainBackend>();
    expectTypeOf(redis(URL, { keys: 'rxlock' })).toEqualTypeOf<RedisBackend>();
    expectTypeOf(redis(URL, {})).toEqualTypeOf<RedisBackend>();
    const locks = createLocks(either);
    type Token = Awaited<ReturnType<typeof locks.acquire>>['fencingToken'];
    expectTypeOf<Token>().toEqualTypeOf<bigint | undefined>();
    await locks.close();
  });

  it('are what they say by default, and can be undefined', () => {
    const given = redis(URL, {
      prefix: undefined,
      timeout: undefined,
      slot: undefined,
      lockDelay: undefined,
      replicas: undefined,
      coldStart: undefined,
      maxTtl: undefined,
    });
    expect(given.ttl).toEqual({ min: 1000, max: 3_600_000, step: 1 });
    expect(redis(URL, { maxTtl: '24h', prefix: '', lockDelay: 0, timeout: 10 }).ttl).toMatchObject({ max: 86_400_000 });
  });

  it('show no secret', () => {
    const service = redis('redis://somebody:hidden@127.0.0.1:1');
    expect(JSON.stringify(service)).not.toContain('hidden');
  });
});

describe('the names of redis()', () => {
  const check = (name: string): unknown => redis(URL).validateName?.(name);

  it.each(['a', 'a b', 'a/b', 'ä:{%}*?[x]\\', '名', '😀', 'x'.repeat(512)])('may be %j', (name) => {
    expect(() => check(name)).not.toThrow();
  });

  it.each(['', 'a\nb', 'a\0', '\u007f', '\ud83d', 'x'.repeat(513), '名'.repeat(171)])('may not be %j', (name) => {
    expect(thrown(() => check(name))).toBeInstanceOf(LockValidationError);
  });
});
