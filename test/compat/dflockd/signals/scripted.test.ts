import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { until } from '../../../support/poll.js';
import { list, start } from '../support/scripts.js';
import { closing, socketTo } from '../support/support.js';

describe('SignalConnection', () => {
  it('hears what comes before, with and after an answer', async () => {
    const server = await start(([command], socket) => {
      if (command !== 'listen') return 'ok\n';
      socket.write('sig a early\n');
      return ['ok\nsig a b', ' c\nsig a last\n'];
    });
    const sock = await socketTo(server.port);
    const signals = closing(new client.SignalConnection(sock, 0));
    const heard: client.Signal[] = [];
    signals.onSignal((signal) => heard.push(signal));
    await signals.listen('a');
    await until(() => heard.length === 3, 'the signals');
    expect(heard.map(({ payload }) => payload)).toEqual(['early', 'b c', 'last']);
    signals.close();
    signals.close();
    expect(signals.isClosed).toBe(true);
    await once(sock, 'close').catch(() => undefined);
  });

  it('hears what a socket with an encoding of its own brings', async () => {
    const server = await list('ok\nsig a früh\n');
    const sock = await socketTo(server.port);
    sock.setEncoding('utf8');
    const signals = closing(new client.SignalConnection(sock, 0));
    const heard: client.Signal[] = [];
    signals.onSignal((signal) => heard.push(signal));
    await signals.listen('a');
    await until(() => heard.length > 0 || signals.isClosed, 'the signal');
    expect(heard).toEqual([{ channel: 'a', payload: 'früh' }]);
  });

  it('keeps the last ten thousand for an iteration that does not go on', async () => {
    const signalled = Array.from({ length: 10_005 }, (_, i) => `sig a ${String(i)}\n`).join('');
    const server = await list('ok\n', `${signalled}ok 1\n`);
    const signals = closing(new client.SignalConnection(await socketTo(server.port), 0));
    await signals.listen('a');
    const iteration = signals[Symbol.asyncIterator]();
    await signals.emit('a', 'b');
    signals.close();
    const read: string[] = [];
    for await (const { payload } of iteration) read.push(payload);
    expect([read.length, read[0], read.at(-1)]).toEqual([10_000, '5', '10004']);
  });

  it('survives a listener that throws', async () => {
    const warnings: unknown[] = [];
    const hear = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', hear);
    const server = await list('ok\nsig a b\n');
    const signals = closing(new client.SignalConnection(await socketTo(server.port), 0));
    const heard: client.Signal[] = [];
    signals.onSignal(() => {
      throw new Error('of the user');
    });
    signals.onSignal(() => Promise.reject(new Error('of the user')));
    signals.onSignal((signal) => heard.push(signal));
    await signals.listen('a');
    await until(() => heard.length === 1 && warnings.length === 2, 'the signal and the warnings');
    process.off('warning', hear);
  });

  it('hears what another one on its socket hears', async () => {
    const server = await list('ok\nsig a b\n');
    const sock = await socketTo(server.port);
    const both = [new client.SignalConnection(sock, 0), new client.SignalConnection(sock, 0)].map(closing);
    const heard: string[] = [];
    both.forEach((signals, i) => {
      signals.onSignal(({ payload }) => heard.push(`${String(i)} ${payload}`));
    });
    await both[1]!.listen('a');
    await until(() => heard.length === 2, 'the signals');
    expect(heard).toEqual(['0 b', '1 b']);
  });

  it('sends one heartbeat at a time', async () => {
    const server = await start(() => undefined);
    closing(await client.SignalConnection.connect({ port: server.port, heartbeatIntervalMs: 5 }));
    await until(() => server.asked.length > 0, 'the heartbeat');
    const end = performance.now() + 200;
    await until(() => performance.now() > end);
    expect(server.asked).toEqual(['ping']);
  });

  it('sends heartbeats', async () => {
    const server = await start(() => 'ok\n');
    closing(await client.SignalConnection.connect({ port: server.port, heartbeatIntervalMs: 20 }));
    await until(() => server.asked.filter((asked) => asked === 'ping').length > 2, 'the heartbeats');
  });
});
