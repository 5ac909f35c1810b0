import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { openPort } from '../../../../src/backends/redis/wire/open-port.js';
import type { RedisPort } from '../../../../src/backends/redis/wire/port.js';
import { describeWithRedises } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { CLIENTS } from './support/clients.js';
import { Ears } from './support/ears.js';

/** Every kind of reply that a script can give, nested. */
const KINDS = `
  redis.setresp(2)
  return { KEYS[1], ARGV[1], 1, 'ä\\0b', false, true, {}, { 'a', { 2 } }, redis.status_reply('FINE'), redis.error_reply('ODD one') }`;

for (const { title, keyPrefix, open } of CLIENTS) {
  describeWithRedises(`a port of ${title}`, (start) => {
    const ends: (() => void)[] = [];
    const port = (server: RedisServer, password?: string): RedisPort => {
      const { source, end } = open(server, password);
      const opened = openPort(source);
      ends.push(end, () => {
        opened.close();
      });
      return opened;
    };
    const connected = async (server: RedisServer): Promise<RedisPort> => {
      const opened = port(server);
      await opened.connect();
      return opened;
    };
    /** How many connections the server has beside the one that counts them. */
    const connections = async (server: RedisServer): Promise<number> =>
      Number(await server.info('connected_clients')) - 1;

    afterEach(() => {
      for (const end of ends.splice(0)) end();
    });

    it('says where it goes, and what is put before each key', async () => {
      const server = await start();
      const opened = port(server);
      expect(opened).toMatchObject({
        where: `127.0.0.1:${server.port}`,
        isCluster: false,
        keyPrefix,
        isUp: false,
      });
      expect(await connections(server)).toBe(0);
      await Promise.all([opened.connect(), opened.connect()]);
      expect(opened.isUp).toBe(true);
      expect(await connections(server)).toBe(1);
    });

    it('answers as RESP2 does', async () => {
      const opened = await connected(await start());
      expect(await opened.send('EVAL', [KINDS, '1', 'key', 'argument'])).toEqual([
        `${keyPrefix}key`,
        'argument',
        1,
        'ä\0b',
        null,
        1,
        [],
        ['a', [2]],
        'FINE',
        'ODD one',
      ]);
      expect(await opened.send('CONFIG', ['GET', 'maxmemory'])).toEqual(['maxmemory', '0']);
      await opened.send('HSET', ['hash', 'z', '1', 'y', '2']);
      expect(await opened.send('HGETALL', ['hash'])).toEqual(['z', '1', 'y', '2']);
      expect(await opened.send('GET', ['nothing'])).toBe(null);
      await opened.send('ZADD', ['set', '1.5', 'one']);
      expect(await opened.send('ZSCORE', ['set', 'one'])).toBe('1.5');
      expect(await opened.send('SCAN', ['0', 'MATCH', `${keyPrefix}ha*`])).toEqual(['0', [`${keyPrefix}hash`]]);
      expect(await opened.nodes()[0]!.send('DBSIZE', [])).toBe(2);
      expect(opened.nodes()).toHaveLength(1);
    });

    it("puts the client's prefix before the keys of scripts", async () => {
      const server = await start();
      const opened = await connected(server);
      const sha = (await opened.send('SCRIPT', ['LOAD', "redis.call('SET', KEYS[2], ARGV[1]) return KEYS"])) as string;
      expect(await opened.send('EVALSHA', [sha, '2', 'a', 'b', 'c'])).toEqual([`${keyPrefix}a`, `${keyPrefix}b`]);
      expect(await server.ask('GET', `${keyPrefix}b`)).toBe('c');
      expect(await opened.send('EXISTS', ['a', 'b'])).toBe(1);
    });

    it('rejects with what the server said, and nothing of what it was asked', async () => {
      const opened = await connected(await start());
      const error = async (command: string, ...args: string[]): Promise<Error> =>
        opened.send(command, args).then(
          () => expect.unreachable(),
          (thrown: unknown) => thrown as Error,
        );
      const unknown = await error('NOSUCH', 'secret');
      expect(unknown.message).toMatch(/^ERR unknown command/);
      const noScript = await error('EVALSHA', '0'.repeat(40), '0', 'secret');
      expect(noScript.message).toMatch(/^NOSCRIPT /);
      await opened.send('SET', ['key', 'text']);
      expect((await error('HGET', 'key', 'secret')).message).toMatch(/^WRONGTYPE /);
      const odd = await error('EVAL', "return redis.error_reply('ODD one')", '0', 'secret');
      expect(odd.message).toBe('ODD one');
      for (const one of [unknown, noScript, odd]) {
        expect(one).toBeInstanceOf(Error);
        expect(inspect(one, { depth: 9, showHidden: true }) + String(one.stack)).not.toContain('secret');
      }
    });

    it('shows no password', async () => {
      const server = await start({ password: 'secret' });
      const right = port(server, 'secret');
      await right.connect();
      await right.subscribe('channel', new Ears());
      const wrong = port(server, 'wrong-secret');
      const error: unknown = await wrong.connect().catch((thrown: unknown) => thrown);
      expect(String(error)).toMatch(/WRONGPASS/);
      for (const shown of [right, wrong, error]) {
        expect(inspect(shown, { depth: Infinity, showHidden: true })).not.toContain('secret');
      }
    });

    it('sends in order, what waits for replicas behind what it waits for', async () => {
      const opened = await connected(await start());
      const replies = Array.from({ length: 50 }, () => opened.send('INCR', ['count']));
      const waited = opened.send('WAIT', ['0', '0'], 'count');
      expect(await Promise.all(replies)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      expect(await waited).toBe(0);
    });

    it('has no time limit', async () => {
      const opened = await connected(await start());
      // Longer than the limits of the user's own client.
      expect(await opened.send('BLPOP', ['empty', '0.2'])).toBe(null);
      expect(await opened.send('PING', [])).toBe('PONG');
    });

    it('rejects while it is not connected, and when the server is not there', async () => {
      const server = await start();
      const opened = port(server);
      await expect(opened.send('PING', [])).rejects.toThrow('no connection');
      await server.kill();
      await expect(opened.connect()).rejects.toThrow('ECONNREFUSED');
      await expect(opened.subscribe('channel', new Ears())).rejects.toThrow('ECONNREFUSED');
      expect(opened.isUp).toBe(false);
      await server.run();
      await opened.connect();
      expect(await opened.send('PING', [])).toBe('PONG');
    });

    it('tells of a server that is killed, rejects what is in flight, and sends none of it again', async () => {
      const server = await start({ appendonly: true });
      const opened = await connected(server);
      const causes: Error[] = [];
      opened.onDown((cause) => causes.push(cause));
      await opened.send('SET', ['count', '0']);
      // It is read, and not executed.
      await server.ask('CLIENT', 'PAUSE', '100000', 'ALL');
      const inFlight = [opened.send('INCR', ['count']), opened.send('INCR', ['count'])];
      const settled = Promise.allSettled(inFlight);
      await server.kill();
      expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      await until(() => causes.length > 0);
      expect(opened.isUp).toBe(false);
      await expect(opened.send('INCR', ['count'])).rejects.toThrow();
      await server.run();
      await opened.connect();
      expect(await opened.send('GET', ['count'])).toBe('0');
      expect(causes).toHaveLength(1);
    });

    it('drops a silent connection at once, and makes another', async () => {
      const server = await start();
      const opened = await connected(server);
      const causes: Error[] = [];
      opened.onDown((cause) => causes.push(cause));
      server.pause();
      const pending = opened.send('PING', []);
      const rejected = expect(pending).rejects.toThrow('dropped');
      opened.reset();
      expect(opened.isUp).toBe(false);
      expect(causes).toHaveLength(1);
      await rejected;
      const again = opened.connect();
      // It gets no further than the system of the other side.
      const abandoned = expect(again).rejects.toThrow('dropped');
      opened.reset();
      await abandoned;
      server.resume();
      await opened.connect();
      expect(await opened.send('PING', [])).toBe('PONG');
      await until(async () => (await connections(server)) === 1, 'one connection');
      expect(causes).toHaveLength(1);
    });

    it('hears messages, and listens again when the connection was lost', async () => {
      const server = await start();
      const opened = await connected(server);
      const [one, other] = [new Ears(), new Ears()];
      await Promise.all([opened.subscribe('one', one), opened.subscribe('other', other)]);
      expect(await connections(server)).toBe(2);
      expect(await server.ask('PUBLISH', 'one', 'first ä')).toBe(1);
      await opened.send('PUBLISH', ['other', 'second']);
      await until(() => one.heard.length > 0 && other.heard.length > 0);
      expect([one.heard, other.heard]).toEqual([['first ä'], ['second']]);
      await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
      // Once when it was lost, once when it is back.
      await until(() => one.missedTimes === 2 && other.missedTimes === 2);
      expect(await server.ask('PUBLISH', 'one', 'third')).toBe(1);
      await until(() => one.heard.length === 2);
      expect(opened.isUp).toBe(true);
      await server.restart();
      await until(() => one.missedTimes === 4);
      await server.ask('PUBLISH', 'other', 'fourth');
      await until(() => other.heard.length === 2);
      expect(other.heard).toEqual(['second', 'fourth']);
    });

    it('calls nothing back once it is closed', async () => {
      const server = await start();
      const opened = await connected(server);
      const ears = new Ears();
      await opened.subscribe('channel', ears);
      let downs = 0;
      opened.onDown(() => downs++);
      const pending = expect(opened.send('BLPOP', ['empty', '0'])).rejects.toThrow('closed');
      opened.close();
      await pending;
      await until(async () => (await connections(server)) === 0, 'no connection');
      await expect(opened.connect()).rejects.toThrow('closed');
      await expect(opened.subscribe('channel', ears)).rejects.toThrow('closed');
      expect([downs, ears.missedTimes, opened.isUp]).toEqual([0, 0, false]);
    });
  });
}

describe('openPort', () => {
  it('says what it accepts', () => {
    for (const source of [
      undefined,
      null,
      1,
      {},
      { host: 'localhost' },
      'http://localhost',
      'localhost:6379',
      'redis://',
    ]) {
      expect(() => openPort(source)).toThrow(expect.objectContaining({ code: 'ERR_LOCK_CONFIG' }));
    }
  });

  it('shows no password of a URL', () => {
    for (const url of [
      'redis://user:secret@host:1/x',
      'redis://:secret@host:99999',
      'redis://u:secret@host?a=1',
      'redis://u:%secret@h',
    ]) {
      expect(() => openPort(url)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
    }
    const { where } = openPort('rediss://user:secret@example.com/3');
    expect(where).toBe('example.com:6379');
    expect(openPort('redis://[::1]:7000').where).toBe('[::1]:7000');
  });
});
