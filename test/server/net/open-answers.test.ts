import { connect } from 'node:net';
import { createLockServer } from 'rxlock/server';
import { expect, it } from 'vitest';
import { listenHttp } from '../../../src/server/net/listen-http.js';
import { schedulerTimer } from '../../../src/values/scheduler-timer.js';
import { systemScheduler } from '../../../src/values/system-scheduler.js';
import { Timeouts } from '../../../src/values/timeouts.js';
import { until } from '../../support/poll.js';

const ASK = 'host: x\r\ncontent-length: 2\r\n\r\n{}';
const OPTIONS = {
  host: '127.0.0.1',
  port: 0,
  maxConnections: Infinity,
  maxPerAddress: Infinity,
  maxStrangers: Infinity,
  keepAlive: 5000,
  handshakeTimeout: 10_000,
  headerTime: 10_000,
  requestTime: 10_000,
  isOpen: true,
};

it('all hear that their connection is gone, also those that stand behind another one', async () => {
  const asked: string[] = [];
  const gone: string[] = [];
  const timeouts = new Timeouts(() => performance.now(), schedulerTimer(systemScheduler));
  const listener = await listenHttp(
    {
      request: (request, response) => {
        const { url = '' } = request;
        request.resume();
        asked.push(url);
        response.on('close', () => gone.push(url));
        if (url === '/0') response.end();
      },
      close: () => undefined,
    },
    OPTIONS,
    timeouts,
  );
  const client = connect(listener.port, '127.0.0.1');
  client.write([0, 1, 2, 3].map((number) => `POST /${String(number)} HTTP/1.1\r\n${ASK}`).join(''));
  await until(() => asked.length === 4 && gone.length === 1, 'all but the first wait');
  client.destroy();
  await until(() => gone.length === 4, 'all have heard it');
  expect(gone.sort()).toEqual(['/0', '/1', '/2', '/3']);
  await listener.close();
});

it('are no more than can be answered in one go: a client that sends too many ahead of their answers is closed', async () => {
  let asked = 0;
  const timeouts = new Timeouts(() => performance.now(), schedulerTimer(systemScheduler));
  const listener = await listenHttp({ request: () => asked++, close: () => undefined }, OPTIONS, timeouts);
  const client = connect(listener.port, '127.0.0.1');
  client.on('error', () => {});
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.resume().write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2000));
  await closed;
  expect(asked).toBe(64);
  await listener.close();
});

it('streams that stood behind another one are not counted when their connection is gone', async () => {
  await using server = await createLockServer({ http: 0, ephemeral: { wait: false } });
  const { port = 0, url = '' } = server.addresses.http ?? {};
  const watch = 'GET /elections/election-1/watch HTTP/1.1\r\nhost: x\r\n\r\n';
  const client = connect(port, '127.0.0.1');
  // As many as one address may read.
  client.write(watch.repeat(8));
  const statuses = async (count: number): Promise<number[]> => {
    const stop = new AbortController();
    const ask = () => fetch(`${url}/elections/election-1/watch`, { signal: stop.signal });
    const all = await Promise.all(Array.from({ length: count }, ask));
    stop.abort();
    return all.map(({ status }) => status);
  };
  await until(async () => (await statuses(1)).includes(429), 'no more are let in');
  client.destroy();
  await until(async () => !(await statuses(8)).includes(429), 'as many are let in again');
});
