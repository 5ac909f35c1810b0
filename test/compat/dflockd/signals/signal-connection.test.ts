import { expect, it } from 'vitest';
import { LockError, publish, SignalConnection, type Signal } from '../../../../src/compat/dflockd/index.js';
import { describeWithDflockds } from '../../../support/dflockd-server.js';
import { until } from '../../../support/poll.js';
import { closing, errorOf, socketTo } from '../support/support.js';

/** Older servers know no signals, and say so. */
async function knowsSignals(port: number): Promise<boolean> {
  try {
    await publish(await socketTo(port), 'any', 'thing');
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_UNSUPPORTED' });
    return false;
  }
}

describeWithDflockds('SignalConnection', (start) => {
  it('hears by listeners and by iteration', async () => {
    const { port } = await start();
    if (!(await knowsSignals(port))) return;
    const signals = closing(await SignalConnection.connect({ port, heartbeatIntervalMs: 20 }));
    await signals.listen('jobs.*');
    expect(await signals.emit('jobs.done', 'früh')).toBe(1);
    const read: Signal[] = [];
    const iteration = (async () => {
      for await (const signal of signals) read.push(signal);
    })();
    const heard: Signal[] = [];
    const listener = (signal: Signal): void => void heard.push(signal);
    signals.onSignal(listener);
    const sock = await socketTo(port);
    expect(await publish(sock, 'jobs.done', 'a b')).toBe(1);
    await until(() => heard.some(({ payload }) => payload === 'a b') && read.length === 2, 'the signals');
    signals.offSignal(listener);
    await publish(sock, 'jobs.done', 'later');
    await until(() => read.length === 3, 'the signal');
    // The first may come after its sender was told that it is on its way.
    expect(heard.filter(({ payload }) => payload !== 'früh')).toEqual([{ channel: 'jobs.done', payload: 'a b' }]);
    expect(read.map(({ payload }) => payload)).toEqual(['früh', 'a b', 'later']);
    await signals.unlisten('jobs.*');
    expect(await publish(sock, 'jobs.done', 'x')).toBe(0);
    expect(signals.isClosed).toBe(false);
    signals.close();
    await iteration;
    expect(signals.isClosed).toBe(true);
    expect(await errorOf(signals.listen('a'))).toBeInstanceOf(LockError);
  });

  it('tells one of a group', async () => {
    const { port } = await start();
    if (!(await knowsSignals(port))) return;
    const members = [new SignalConnection(await socketTo(port)), await SignalConnection.connect({ port })].map(closing);
    for (const member of members) await member.listen('work', 'team');
    expect(await members[0]!.emit('work', '1')).toBe(1);
  });

  it('refuses what cannot be sent, and a server that is not there', async () => {
    const server = await start();
    const signals = closing(await SignalConnection.connect(server));
    for (const call of [
      signals.listen('a b'),
      signals.unlisten('a*'),
      signals.listen('a', 'b c'),
      signals.emit('a', ''),
    ]) {
      expect(await errorOf(call)).toBeInstanceOf(LockError);
    }
    await server.stop();
    expect(await errorOf(SignalConnection.connect({ port: server.port }))).toBeInstanceOf(LockError);
  });
});
