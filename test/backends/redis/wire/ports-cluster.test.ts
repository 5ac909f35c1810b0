import { afterEach, describe, expect, it } from 'vitest';
import { openPort } from '../../../../src/backends/redis/wire/open-port.js';
import type { RedisPort } from '../../../../src/backends/redis/wire/port.js';
import { slotOf } from '../../../../src/backends/redis/wire/slot-of.js';
import { describeWithSharedRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import { CLUSTERS } from './support/clients.js';
import { Ears } from './support/ears.js';
import { onePerMaster } from './support/one-per-master.js';

const NAMES = Array.from({ length: 30 }, (_, index) => `{name-${index}}`);

describeWithSharedRedis(
  'a port of a Cluster',
  () => RedisCluster.start(),
  (cluster) => {
    const ports: RedisPort[] = [];

    afterEach(() => {
      for (const port of ports.splice(0)) port.close();
    });

    it('knows the slot of each key', async () => {
      for (const key of ['', 'a', 'foo{}{bar}', 'foo{{bar}}zap', 'foo{bar}{zap}', '{ä}', 'ä€😀', ...NAMES]) {
        expect([key, slotOf({ isCluster: true, keyPrefix: '' }, key)]).toEqual([key, await cluster().slotOf(key)]);
      }
    });

    describe.each(CLUSTERS)('of $title', ({ open, keyPrefix }) => {
      const connected = async (): Promise<RedisPort> => {
        const port = openPort(open(cluster()).source);
        ports.push(port);
        await port.connect();
        return port;
      };

      it('says where it goes', async () => {
        const port = openPort(open(cluster()).source);
        expect(port).toMatchObject({ isCluster: true, isUp: false, keyPrefix });
        expect(port.where).toContain(`127.0.0.1:${cluster().nodes[0]!.port}, `);
        await expect(port.send('PING', [])).rejects.toThrow('no connection');
      });

      it('sends each command to the master of its keys', async () => {
        const port = await connected();
        expect(port.isUp).toBe(true);
        expect(port.nodes()).toHaveLength(3);
        const sizes = await Promise.all(port.nodes().map((node) => node.send('CONFIG', ['GET', 'port'])));
        expect(new Set(sizes.map(String)).size).toBe(3);
        const script = "redis.call('SET', KEYS[1], ARGV[1]) return { KEYS[1], redis.call('GET', KEYS[1]) }";
        for (const name of NAMES) {
          const key = `${name}:x`;
          expect(await port.send('EVAL', [script, '1', key, 'value'])).toEqual([`${keyPrefix}${key}`, 'value']);
          expect(await port.send('GET', [key])).toBe('value');
          expect(await port.send('WAIT', ['1', '1000'], key)).toBe(1);
          expect(await port.send('DEL', [key])).toBe(1);
        }
        await expect(port.send('EVAL', ['return 1', '2', 'a', 'b'])).rejects.toThrow(/^CROSSSLOT /);
        await expect(port.send('EVALSHA', ['0'.repeat(40), '1', 'a'])).rejects.toThrow(/^NOSCRIPT /);
      });

      it('hears messages from whichever master they come', async () => {
        const port = await connected();
        const ears = new Ears();
        await port.subscribe('channel', ears);
        for (const name of NAMES.slice(0, 9)) {
          await port.send('EVAL', ["return redis.call('PUBLISH', 'channel', KEYS[1])", '1', name]);
        }
        await until(() => ears.heard.length === 9);
        await Promise.all(cluster().nodes.map((node) => node.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')));
        await until(() => ears.missedTimes === 2);
        await port.send('EVAL', ["return redis.call('PUBLISH', 'channel', 'again')", '1', NAMES[0]!]);
        await until(() => ears.heard.includes('again'));
      });

      it('follows a slot on its way, and then to where it is', async () => {
        const port = await connected();
        const [there, absent] = [`{way}:there`, `{way}:absent`];
        await port.send('SET', [there, 'old']);
        const slot = slotOf(port, there);
        await cluster().migrateSlot(slot, async () => {
          expect(await port.send('GET', [there])).toBe('old');
          // Of what is not there any more the other one is asked.
          expect(await port.send('SET', [absent, 'new'])).toBe('OK');
        });
        expect(await Promise.all([port.send('GET', [there]), port.send('GET', [absent])])).toEqual(['old', 'new']);
        expect(await port.send('DEL', [there, absent])).toBe(2);
      });

      it('drops all at once, and connects anew', async () => {
        const port = await connected();
        const causes: Error[] = [];
        port.onDown((cause) => causes.push(cause));
        const pending = expect(port.send('BLPOP', ['{empty}', '0'], '{empty}')).rejects.toThrow('dropped');
        port.reset();
        await pending;
        expect([port.isUp, causes.length, port.nodes()]).toEqual([false, 1, []]);
        await Promise.all([port.connect(), port.connect()]);
        expect(await port.send('GET', ['{empty}'])).toBe(null);
      });

      it('drops one, connects to it anew, and what is in flight to the others is answered', async () => {
        const port = await connected();
        const nodes: unknown[] = [];
        port.onDown((_, node) => nodes.push(node));
        const [one, ...others] = onePerMaster(port, NAMES);
        const pending = expect(port.send('BLPOP', [one!, '0'], one)).rejects.toThrow('dropped');
        const answered = others.map((key) => port.send('BLPOP', [key, '0.3'], key));
        const dropped = port.nodeOf(one!)!;
        port.reset(dropped);
        await pending;
        expect([port.isUp, nodes]).toEqual([true, [dropped]]);
        expect(await Promise.all(answered)).toEqual([null, null]);
        await until(() =>
          port.send('GET', [one!]).then(
            () => true,
            () => false,
          ),
        );
        expect(port.nodeOf(one!)).toBe(dropped);
        expect(nodes).toHaveLength(1);
      });

      it('tells of one master that loses its connection, and makes it anew', async () => {
        const port = await connected();
        const causes: Error[] = [];
        port.onDown((cause) => causes.push(cause));
        const key = NAMES[0]!;
        const master = await cluster().masterOf(keyPrefix + key);
        const pending = expect(port.send('BLPOP', [key, '0'], key)).rejects.toThrow();
        await master.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await pending;
        await until(() => causes.length === 1);
        expect(port.isUp).toBe(true);
        await until(() =>
          port.send('GET', [key]).then(
            () => true,
            () => false,
          ),
        );
      });
    });
  },
);

describeWithSharedRedis(
  'a port of a Cluster that loses a master',
  () => RedisCluster.start(),
  (cluster) => {
    it.each(CLUSTERS.filter(({ keyPrefix }) => keyPrefix === ''))(
      'finds its replica, with $title',
      async ({ open }) => {
        const port = openPort(open(cluster()).source);
        await port.connect();
        const key = '{name}';
        await port.send('SET', [key, 'value']);
        await port.send('WAIT', ['1', '1000'], key);
        const from = await cluster().killMasterOf(key);
        await expect(port.send('GET', [key])).rejects.toThrow();
        // The others serve on.
        expect(port.isUp).toBe(true);
        const others = await Promise.all(port.nodes().map((node) => node.send('PING', []).catch(() => 'none')));
        expect(others.filter((answer) => answer === 'PONG')).toHaveLength(2);
        await cluster().takenOver(key, from);
        await until(() =>
          port.send('GET', [key]).then(
            (value) => value === 'value',
            () => false,
          ),
        );
        port.close();
        await from.run();
        await until(
          async () => (await from.info('role')) === 'slave' && (await from.info('master_link_status')) === 'up',
        );
      },
    );
  },
);
