import diagnostics from 'node:diagnostics_channel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LockNetworkError } from '../../src/contract/errors.js';
import { granting, setup } from '../support/virtual.js';

type Message = Record<string, unknown>;

const stops: (() => void)[] = [];

/** Everything that a channel says: the phase, and what went with it as it was at that moment. */
function listen(name: string): { readonly log: string[]; readonly messages: Message[] } {
  const log: string[] = [];
  const messages: Message[] = [];
  const on = (phase: string) => (message: unknown) => {
    log.push(phase);
    messages.push({ ...(message as Message) });
  };
  const channel = diagnostics.tracingChannel(`rxlock:${name}`);
  const phases = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
  const listeners = Object.fromEntries(phases.map((phase) => [phase, on(phase)]));
  channel.subscribe(listeners as never);
  stops.push(() => {
    channel.unsubscribe(listeners as never);
  });
  return { log, messages };
}

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

describe('tracing channels', () => {
  it('rxlock:acquire tells of a wait, from the call to the grant', () => {
    const { locks, backend, time } = setup();
    const { log, messages } = listen('acquire');
    locks.lock$('a', '10s').subscribe();
    expect(log).toEqual(['start', 'end']);
    expect(messages[0]).toEqual({ name: 'a', ttl: 10_000, contender: 1 });
    time.advance(100);
    backend.acquired[0]!.grant();
    expect(log).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(messages.at(-1)).toMatchObject({ name: 'a', result: { name: 'a', isHeld: true } });
  });

  it('rxlock:acquire tells of a wait that fails, and of one that is left', () => {
    const { locks, backend } = setup();
    const { log, messages } = listen('acquire');
    locks.lock$('a', '10s', { wait: false }).subscribe({ error: () => undefined });
    backend.acquired[0]!.held();
    expect(log).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(messages.at(-1)).toMatchObject({ error: { code: 'ERR_LOCK_HELD' } });
    log.length = 0;
    locks.lock$('b', '10s').subscribe().unsubscribe();
    expect(log).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(messages.at(-1)).toMatchObject({ name: 'b', result: undefined });
  });

  it('rxlock:hold tells of a hold, and how it ended', () => {
    const { locks, backend, time } = granting();
    const { log, messages } = listen('hold');
    locks.lock$('a', '10s').subscribe().unsubscribe();
    expect(log).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(messages.at(-1)).toMatchObject({ name: 'a', result: { type: 'released' } });
    locks.lock$('b', '10s').subscribe();
    backend.onRenew = (call) => {
      call.refuse();
    };
    time.advance(4000);
    expect(messages.at(-1)).toMatchObject({ name: 'b', result: { type: 'lost', reason: 'refused' } });
  });

  it('rxlock:renew and rxlock:release tell of requests: the names, and what was answered', () => {
    const { locks, backend, time } = granting();
    const renew = listen('renew');
    const release = listen('release');
    const subscriptions = ['a', 'b'].map((name) => locks.lock$(name, '10s').subscribe());
    time.advance(3333);
    expect(renew.log).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(renew.messages.at(-1)).toMatchObject({
      names: ['a', 'b'],
      result: [
        { index: 0, outcome: 'renewed' },
        { index: 1, outcome: 'renewed' },
      ],
    });
    for (const subscription of subscriptions) subscription.unsubscribe();
    time.turn();
    expect(release.log).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(release.messages.at(-1)).toMatchObject({
      names: ['a', 'b'],
      result: [
        { index: 0, outcome: 'released' },
        { index: 1, outcome: 'released' },
      ],
    });
    expect(backend.releases).toHaveLength(1);
  });

  it('rxlock:renew tells of a request that failed', () => {
    const { locks, backend, time } = granting();
    const { log, messages } = listen('renew');
    locks.lock$('a', '10s').subscribe();
    backend.onRenew = (call) => {
      call.fail(new LockNetworkError('down'));
    };
    time.advance(3333);
    expect(log.slice(0, 5)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(messages[2]).toMatchObject({ error: { code: 'ERR_LOCK_NETWORK' } });
  });

  it('are said nothing while nobody listens, and nothing of what began before', () => {
    const { locks, backend, time } = granting();
    const subscription = locks.lock$('a', '10s').subscribe();
    const logs = ['acquire', 'hold', 'release'].map(listen);
    subscription.unsubscribe();
    expect(logs.map(({ log }) => log)).toEqual([[], [], []]);
    time.turn();
    expect(logs.map(({ log }) => log.length)).toEqual([0, 0, 4]);
    expect(backend.acquired).toHaveLength(1);
  });

  it('are absent where there is no node:diagnostics_channel', async () => {
    const { getBuiltinModule } = process;
    try {
      Object.defineProperty(process, 'getBuiltinModule', { value: undefined, configurable: true });
      vi.resetModules();
      const { traceChannels } = await import('../../src/values/trace-channels.js');
      expect(traceChannels()).toEqual({ acquire: undefined, hold: undefined, renew: undefined, release: undefined });
    } finally {
      Object.defineProperty(process, 'getBuiltinModule', { value: getBuiltinModule, configurable: true });
    }
  });
});
