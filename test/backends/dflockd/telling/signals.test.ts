import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { DflockdBackend, DflockdOptions, DflockdSignal } from '../../../../src/backends/dflockd/index.js';
import { dflockd } from '../../../../src/backends/dflockd/index.js';
import { shardOf } from '../../../../src/backends/dflockd/client/shard-of.js';
import { describeWithDflockds } from '../../../support/dflockd-server.js';
import { until } from '../../../support/poll.js';

const backends = new Set<DflockdBackend>();

/** As a user has it: without locks. */
function make(options: DflockdOptions): DflockdBackend {
  const backend = dflockd(options);
  backends.add(backend);
  return backend;
}

function listen(backend: DflockdBackend, pattern: string, group?: string) {
  const heard: DflockdSignal[] = [];
  const errors: unknown[] = [];
  const subscription = backend.signal$(pattern, { group }).subscribe({
    next: (signal) => heard.push(signal),
    error: (error: unknown) => errors.push(error),
  });
  return { heard, errors, subscription };
}

async function listeners(backend: DflockdBackend, count: number): Promise<void> {
  await until(
    async () => {
      const { signalChannels } = await backend.stats();
      return signalChannels.reduce((sum, one) => sum + one.listeners, 0) === count;
    },
    `${String(count)} listeners`,
  );
}

/** Does this server know signals? Older real ones do not. */
async function knowsSignals(backend: DflockdBackend): Promise<boolean> {
  try {
    await backend.publish('any', 'thing');
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_LOCK_UNSUPPORTED', retryable: false });
    const { errors } = listen(backend, 'any');
    await until(() => errors.length > 0, 'the refusal');
    expect(errors).toMatchObject([{ code: 'ERR_LOCK_UNSUPPORTED' }]);
    return false;
  }
}

describeWithDflockds('the signals of dflockd', (start) => {
  afterEach(async () => {
    await Promise.all([...backends].map((backend) => backend.close()));
    backends.clear();
  });

  it('reach all who listen, or say that the server has none', async () => {
    const { port } = await start();
    const [a, b] = [make({ port }), make({ port })];
    if (!(await knowsSignals(a))) return;
    const exact = listen(a, 'orders.created');
    const wild = listen(b, 'orders.*');
    const all = listen(b, '>');
    const other = listen(a, 'orders.created.eu');
    await listeners(a, 4);
    expect(await b.publish('orders.created', '{"id": 17, "name": "Ünï 名"}')).toBe(3);
    await until(() => exact.heard.length + wild.heard.length + all.heard.length === 3, 'the signal');
    for (const { heard } of [exact, wild, all]) {
      expect(heard).toEqual([{ channel: 'orders.created', payload: '{"id": 17, "name": "Ünï 名"}' }]);
    }
    expect(other.heard).toEqual([]);
    exact.subscription.unsubscribe();
    await listeners(a, 3);
    expect(await a.publish('orders.created', 'x')).toBe(2);
  });

  it('reach one of each group', async () => {
    const { port } = await start();
    const backend = make({ port });
    if (!(await knowsSignals(backend))) return;
    const members = [listen(backend, 'jobs', 'workers'), listen(backend, 'jobs', 'workers')];
    const audit = listen(backend, 'jobs');
    await listeners(backend, 3);
    for (let i = 0; i < 4; i++) expect(await backend.publish('jobs', String(i))).toBe(2);
    await until(() => audit.heard.length === 4, 'all signals');
    await until(() => members.every(({ heard }) => heard.length === 2), 'their turns');
  });

  it('are heard on a connection that stays open, however much is said on it', async () => {
    const { port } = await start({ readTimeout: 1 });
    const backend = make({ port, readTimeout: '1s' });
    if (!(await knowsSignals(backend))) return;
    const busy = listen(backend, 'busy');
    const silent = listen(backend, 'silent');
    await listeners(backend, 2);
    for (let i = 0; i < 25; i++) {
      await sleep(100);
      await backend.publish('busy', String(i));
    }
    await backend.publish('silent', 'at last');
    await until(() => silent.heard.length === 1 && busy.heard.length === 25, 'the signals');
    expect([...busy.errors, ...silent.errors]).toEqual([]);
  });

  it('error when the connection is gone', async () => {
    const server = await start({ apart: true });
    const backend = make({ port: server.port });
    if (!(await knowsSignals(backend))) return;
    const { errors } = listen(backend, 'a');
    await listeners(backend, 1);
    await server.kill();
    await until(() => errors.length === 1, 'the error');
    expect(errors).toMatchObject([{ code: 'ERR_LOCK_NETWORK', retryable: true }]);
    const closed = make({ port: server.port });
    await closed.close();
    const late = listen(closed, 'a');
    expect(late.errors).toMatchObject([{ code: 'ERR_LOCK_CLOSED' }]);
  });

  it('reach who listens to a server that is up, whatever becomes of the others', async () => {
    const [first, second] = [await start(), await start({ apart: true })];
    const servers = [first, second].map(({ host, port }) => ({ host, port }));
    const backend = make({ servers });
    if (!(await knowsSignals(backend))) return;
    expect(() => backend.signal$('a', { server: 2 })).toThrow(expect.objectContaining({ option: 'server' }));
    const heard: [number, string][] = [];
    const errors: number[] = [];
    for (const server of [0, 1]) {
      backend.signal$('*', { server }).subscribe({
        next: ({ channel }) => heard.push([server, channel]),
        error: () => errors.push(server),
      });
    }
    const both = listen(backend, '*');
    await until(async () => {
      const all = await Promise.all([backend.stats(0), backend.stats(1)]);
      return all.every(({ signalChannels }) => signalChannels[0]?.listeners === 2);
    }, 'the listeners');
    const channels = [0, 1].map((server) => ['a', 'b', 'c', 'd', 'e'].find((name) => shardOf(name, 2) === server)!);
    for (const channel of channels) expect(await backend.publish(channel, 'x')).toBe(2);
    await until(() => heard.length === 2 && both.heard.length === 2, 'the signals');
    expect(heard.sort()).toEqual([0, 1].map((server) => [server, channels[server]]));
    await second.kill();
    await until(() => errors.length === 1 && both.errors.length === 1, 'the errors');
    expect(errors).toEqual([1]);
    expect(await backend.publish(channels[0]!, 'y')).toBe(1);
    await until(() => heard.length === 3, 'the signal');
    await expect(backend.publish(channels[1]!, 'y')).rejects.toMatchObject({ code: 'ERR_LOCK_NETWORK' });
  });

  it('never carry what would break a line', async () => {
    const server = await start();
    const backend = make({ port: server.port });
    const publish = (channel: string, payload: string) => backend.publish(channel, payload);
    for (const channel of ['', 'a b', 'a\nb', 'a\rb', 'a\0b', 'a.*', '>', 'x'.repeat(257)]) {
      await expect(publish(channel, 'x'), channel).rejects.toMatchObject({
        code: 'ERR_LOCK_VALIDATION',
        option: 'channel',
      });
    }
    for (const payload of ['', 'a\nb', 'a\rb', 'a\0b', '\udc00', 'x'.repeat(257), 'ü'.repeat(129)]) {
      await expect(publish('a', payload), payload).rejects.toMatchObject({
        code: 'ERR_LOCK_VALIDATION',
        option: 'payload',
      });
    }
    for (const pattern of ['', 'a b', 'a\nb', 'a*', '>.a', 'a.b>', 'x'.repeat(257)]) {
      expect(() => backend.signal$(pattern), pattern).toThrow(expect.objectContaining({ option: 'pattern' }));
    }
    expect(() => backend.signal$('a', { group: 'a b' })).toThrow(expect.objectContaining({ option: 'group' }));
    const client = await server.connect();
    // The one that found out whether it was up may not be gone yet.
    await until(async () => (await client.stats()).connections === 1, 'none but this one');
  });
});
