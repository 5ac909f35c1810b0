import { expect, it } from 'vitest';
import { openPort } from '../../../../src/backends/redis/wire/open-port.js';
import { describeWithSharedRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { RedisSentinels } from '../../../support/redis-sentinels.js';
import { SENTINELS } from './support/clients.js';
import { Ears } from './support/ears.js';

for (const { title, open, keyPrefix } of SENTINELS) {
  describeWithSharedRedis(
    `a port of ${title} through Sentinel`,
    () => RedisSentinels.start(),
    (sentinels) => {
      it('goes to the master, and to another when that is one', async () => {
        const port = openPort(open(sentinels()).source);
        expect(port).toMatchObject({ isCluster: false, isUp: false, keyPrefix });
        expect(port.where).toContain(`rxlock of the Sentinels at 127.0.0.1:${sentinels().sentinels[0]!.port}, `);
        const causes: Error[] = [];
        port.onDown((cause) => causes.push(cause));
        await port.connect();
        const ears = new Ears();
        await port.subscribe('channel', ears);
        const role = async (): Promise<unknown> => ((await port.send('ROLE', [])) as readonly unknown[])[0];
        expect(await role()).toBe('master');
        await port.send('SET', ['key', 'value']);
        expect(await port.send('WAIT', ['1', '1000'], 'key')).toBe(1);
        expect(await sentinels().master.ask('GET', `${keyPrefix}key`)).toBe('value');
        await sentinels().failOver();
        await until(() => causes.length === 1);
        expect(port.isUp).toBe(false);
        await until(() =>
          port.connect().then(
            () => true,
            () => false,
          ),
        );
        expect(await role()).toBe('master');
        expect(await port.send('GET', ['key'])).toBe('value');
        await until(() => ears.missedTimes === 2);
        await sentinels().replica.ask('PUBLISH', 'channel', 'again');
        await until(() => ears.heard.length === 1);
        port.close();
      });

      it('needs a client that is connected, where that cannot be duplicated, as before version 6 of node-redis', async () => {
        const source = open(sentinels()).source as {
          duplicate?: unknown;
          connect(): Promise<unknown>;
          destroy(): unknown;
        };
        if (title !== 'node-redis') return;
        const { connect } = source;
        source.duplicate = undefined;
        const port = openPort(source);
        await expect(port.connect()).rejects.toThrow('not connected');
        await connect.call(source);
        await port.connect();
        expect(((await port.send('ROLE', [])) as readonly unknown[])[0]).toBe('master');
        port.close();
        await source.destroy();
      });

      it('rejects when no Sentinel answers', async () => {
        const port = openPort(open(sentinels()).source);
        await Promise.all(sentinels().sentinels.map((sentinel) => sentinel.kill()));
        await expect(port.connect()).rejects.toThrow();
        port.close();
      });
    },
  );
}
