import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { socketBackend } from '../../../src/backends/socket/backend.js';
import { resolveSettings } from '../../../src/backends/socket/client/settings.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import type { Locks } from '../../../src/contract/locks.js';
import { Chance } from '../../backends/socket/support/chance.js';
import { HostileServer } from '../../backends/socket/support/hostile-server.js';
import { settle, Time } from '../../support/virtual.js';
import { grow } from './support/measure.js';

const COUNT = 6000;
/** What is compiled for it, and dropped again, is more than what may be kept. */
const WARM_UP = 2000;
const TTL = '30s';

interface Ground {
  readonly locks: Locks;
  readonly server: HostileServer;
  readonly time: Time;
  /** Cuts the connection; another is there at the end of it. */
  cut(): void;
}

function ground(): Ground & { close(): Promise<void> } {
  const time = new Time();
  const server = new HostileServer(time, new Chance(1));
  server.hostility = 0;
  const backend = socketBackend(resolveSettings({ url: 'ws://good' }), server);
  const locks = createLocks(backend as never, { scheduler: time, random: () => 0.5, holder: 'one' });
  return {
    locks,
    server,
    time,
    cut() {
      server.cut();
      time.advance(500);
    },
    async close() {
      const closing = locks.close();
      for (let i = 0; i < 5; i++) {
        await settle(time);
        time.advance(1000);
      }
      await closing;
      time.advance(60_000);
    },
  };
}

const CYCLES: Readonly<Record<string, (ground: Ground) => unknown>> = {
  'held over a cut, and left': ({ locks, time, cut }) => {
    const held = locks.lock$('a', TTL, { wait: false }).subscribe({ error: () => undefined });
    time.advance(100);
    cut();
    held.unsubscribe();
    time.advance(100);
  },
  'held, in a session that is not gone on with': ({ locks, server, time, cut }) => {
    server.isForgetful = true;
    const held = locks.lock$('a', TTL, { wait: false }).subscribe({ error: () => undefined });
    time.advance(100);
    cut();
    held.unsubscribe();
    time.advance(100);
  },
  'held, and cut as it is on its way back': ({ locks, time, cut }) => {
    const held = locks.lock$('a', TTL, { wait: false }).subscribe({ error: () => undefined });
    time.advance(100);
    held.unsubscribe();
    time.turn();
    cut();
    time.advance(100);
  },
  'waiting over a cut, and left': ({ locks, server, time, cut }) => {
    server.isBusy = true;
    const waiting = locks.lock$('a', TTL).subscribe({ error: () => undefined });
    time.advance(100);
    cut();
    waiting.unsubscribe();
    time.advance(100);
  },
  'asked for while there is no connection, and left': ({ locks, server, time }) => {
    server.isGone = true;
    server.cut();
    const asking = locks.lock$('a', TTL).subscribe({ error: () => undefined });
    time.advance(300);
    asking.unsubscribe();
    server.isGone = false;
    time.advance(500);
  },
  'watched over a cut, and left': ({ locks, time, cut }) => {
    const watching = locks.watch$('a').subscribe({ error: () => undefined });
    time.advance(100);
    cut();
    watching.unsubscribe();
    time.advance(100);
  },
  'led over a cut, and left': ({ locks, time, cut }) => {
    const leading = locks.leader$('a', TTL).subscribe({ error: () => undefined });
    time.advance(100);
    cut();
    leading.unsubscribe();
    time.advance(100);
  },
  'asked about, and cut before the answer': ({ locks, server, time }) => {
    void locks.status('a').catch(() => undefined);
    void locks.ping().catch(() => undefined);
    time.turn();
    server.cut();
    time.advance(500);
    return Promise.resolve();
  },
};

beforeAll(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe(`${String(COUNT)} connections of one socket(), one after the other`, () => {
  it.each(Object.entries(CYCLES))('leave nothing behind: %s', async (_, cycle) => {
    const field = ground();
    const again = (index: number): unknown => {
      // It is the client's heap that is measured.
      if (index % 10 === 0) field.server.forget();
      return cycle(field);
    };
    await grow(WARM_UP, again);
    const { perCycle, isFlat } = await grow(COUNT, again);
    expect(isFlat, `the heap grows by ${perCycle.toFixed()} bytes a cycle`).toBe(true);
    await field.close();
    expect(field.server.lines.filter(({ isOver }) => !isOver)).toHaveLength(0);
    expect(field.time.actions.filter(({ closed }) => !closed)).toHaveLength(0);
  });
});
