import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acquire, enqueue, release } from '../../../../src/compat/dflockd/index.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { closing, errorOf, lockOf, socketTo } from '../support/support.js';

/** A server that grants for ten seconds, and answers what a test says to a renewal. */
async function start(renewal?: string): Promise<ScriptedServer> {
  return closing(await ScriptedServer.start(([command]) => (command === 'l' ? 'ok tok 10\n' : renewal)));
}

/** What the sockets bring is real: time stands still meanwhile. */
async function settled(server: ScriptedServer, asked: number): Promise<void> {
  while (server.asked.length < asked) await new Promise(setImmediate);
}

const isLinux = process.platform === 'linux';
if (!isLinux)
  console.warn('skipped: what passed while all clocks but the uptime stood still: only Linux tells its uptime');

describe('the times of a lock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    [0.1, 1],
    [0.3, 3],
    [undefined, 4],
    [0.9, 4],
  ])('with a renewRatio of %s it is renewed after %s of ten seconds', async (renewRatio, seconds) => {
    const server = await start();
    const lock = lockOf({ key: 'k', port: server.port, renewRatio });
    await lock.acquire();
    await vi.advanceTimersByTimeAsync(seconds * 1000 - 10);
    expect(server.asked).toEqual(['l 10']);
    await vi.advanceTimersByTimeAsync(20);
    await settled(server, 2);
    expect(server.asked).toEqual(['l 10', 'n tok 10']);
  });

  it('is believed in for eight of ten seconds since it was confirmed, while renewals fail', async () => {
    const server = await start();
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    await lock.acquire();
    await vi.advanceTimersByTimeAsync(7980);
    expect([lock.token, lost]).toEqual(['tok', []]);
    // Three renewals, none of which was answered.
    await settled(server, 4);
    await vi.advanceTimersByTimeAsync(20);
    expect(lost).toEqual(['k']);
    expect(lock.token).toBeNull();
  });

  it.each([
    ['a time', 'ok 9999999999\n'],
    ['a time and a fencing number', 'ok 9999999999 18446744073709551615\n'],
  ])('is believed in for no longer than it asked for, whatever %s is confirmed', async (_what, answer) => {
    let renewals = 0;
    const server = closing(
      await ScriptedServer.start(([command]) => {
        if (command === 'l') return 'ok tok 9999999999\n';
        return renewals++ === 0 ? answer : undefined;
      }),
    );
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, leaseTtlS: 10, onLockLost: (key) => lost.push(key) });
    await lock.acquire();
    await vi.advanceTimersByTimeAsync(4000);
    await settled(server, 2);
    expect(server.asked).toEqual(['l 10 10', 'n tok 10']);
    // Time for its answer to be read.
    await sleep(100);
    await vi.advanceTimersByTimeAsync(7980);
    expect([lock.token, lost]).toEqual(['tok', []]);
    await vi.advanceTimersByTimeAsync(30);
    expect([lock.token, lost]).toEqual([null, ['k']]);
  });

  it.each([
    ['that was wrong since 1970 is set', 10_000, 1.8e12],
    ['is set back to 1970', 1.8e12, 10_000],
  ])('is believed in no longer because a wall clock %s', async (_what, before, after) => {
    vi.setSystemTime(before);
    const server = await start();
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    await lock.acquire();
    await vi.advanceTimersByTimeAsync(3000);
    vi.setSystemTime(after);
    await vi.advanceTimersByTimeAsync(5010);
    expect([lock.token, lost]).toEqual([null, ['k']]);
  });

  it('leaves no question open whether the server is there', async () => {
    let grant = (): void => undefined;
    const server = closing(
      await ScriptedServer.start(([command], socket) => {
        if (command === 'l') grant = () => socket.write('ok tok 60\n');
        return undefined;
      }),
    );
    const lock = lockOf({ key: 'k', port: server.port, socketTimeoutMs: 3000 });
    const acquired = lock.acquire();
    await settled(server, 1);
    await vi.advanceTimersByTimeAsync(3000);
    await settled(server, 2);
    expect([server.asked, server.sockets.size]).toEqual([['l 10', 'stats'], 2]);
    grant();
    expect(await acquired).toBe(true);
    // No time passes in which that could be overdue.
    while (server.sockets.size > 1) await new Promise(setImmediate);
    expect(lock.token).toBe('tok');
  });

  it('that was waited for for long says nothing of the next wait on its socket', async () => {
    const server = closing(await ScriptedServer.start(([, key]) => (key === 'a' ? 'ok tok 60\n' : undefined)));
    const sock = await socketTo(server.port);
    await acquire(sock, 'a', 3600);
    const refused = errorOf(acquire(sock, 'b', 1));
    await settled(server, 2);
    await vi.advanceTimersByTimeAsync(6010);
    expect(await refused).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_NETWORK' });
  });

  it('is refused in time on a socket that was idle before', async () => {
    const server = closing(await ScriptedServer.start(([command]) => ({ l: 'ok tok 10\n', r: 'ok\n' })[command]));
    const sock = await socketTo(server.port);
    await acquire(sock, 'k', 1);
    await release(sock, 'k', 'tok');
    await vi.advanceTimersByTimeAsync(20_000);
    const queued = errorOf(enqueue(sock, 'k'));
    await settled(server, 3);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await queued).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_NETWORK' });
  });

  it('is given back if it is granted when nobody waits for it any more', async () => {
    let grant = (): void => undefined;
    const server = closing(
      await ScriptedServer.start(([command, key], socket) => {
        if (command === 'l' && key === 'held') return 'ok held 60\n';
        grant = () => socket.write('ok late 60\n');
        return undefined;
      }),
    );
    const sock = await socketTo(server.port);
    await acquire(sock, 'held', 0);
    const refused = errorOf(acquire(sock, 'k', 0));
    await settled(server, 2);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await refused).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_NETWORK' });
    grant();
    await settled(server, 3);
    expect(server.frames[2]).toEqual(['r', 'k', 'late']);
  });

  it.runIf(isLinux)('counts what passed while all clocks but the uptime stood still', async () => {
    const server = closing(await ScriptedServer.start(([command]) => (command === 'l' ? 'ok tok 1\n' : undefined)));
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    await lock.acquire();
    await sleep(1200);
    await vi.advanceTimersByTimeAsync(410);
    expect([lock.token, lost]).toEqual([null, ['k']]);
    expect(server.asked).toEqual(['l 10']);
  });

  it('counts from when the renewal was sent, not from its answer', async () => {
    let answer = (): void => undefined;
    const server = await ScriptedServer.start(([command], socket) => {
      if (command === 'l') return 'ok tok 10\n';
      answer = () => socket.write('ok 10\n');
      return undefined;
    });
    closing(server);
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    await lock.acquire();
    await vi.advanceTimersByTimeAsync(4000);
    await settled(server, 2);
    await vi.advanceTimersByTimeAsync(1000);
    answer();
    // Its answer is read when the next renewal goes by it, and not before.
    await sleep(100);
    await vi.advanceTimersByTimeAsync(6980);
    expect([lock.token, lost]).toEqual(['tok', []]);
    await vi.advanceTimersByTimeAsync(30);
    expect([lock.token, lost]).toEqual([null, ['k']]);
  });
});

describe('the times of a lock whose lease is not told', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Grants so, and answers what a test says to the renewals. */
  async function granting(words: string, ...renewals: string[]): Promise<ScriptedServer> {
    return closing(
      await ScriptedServer.start(([command]) => (command === 'l' ? `ok tok${words}\n` : renewals.shift())),
    );
  }

  // Nobody knows how long it has: the shortest lease that there is is believed in, 0.8 of a second, and a renewal names one.
  it.each([
    ['', 30],
    [' abc', 30],
    [' -1', 30],
    [' 0', 0],
  ])('with %j it is held, renewed at once, and lost if that is not answered', async (words, lease) => {
    const server = await granting(words);
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    expect(await lock.acquire()).toBe(true);
    expect([lock.token, lock.lease]).toEqual(['tok', lease]);
    await vi.advanceTimersByTimeAsync(410);
    await settled(server, 2);
    expect(server.asked.slice(0, 2)).toEqual(['l 10', 'n tok 30']);
    await vi.advanceTimersByTimeAsync(400);
    expect([lock.token, lost]).toEqual([null, ['k']]);
  });

  it('is believed in as it was asked for if the request named a lease, 30 s at most', async () => {
    for (const [leaseTtlS, believed] of [
      [10, 8],
      [60, 24],
    ] as const) {
      const server = await granting('');
      const lost: string[] = [];
      const lock = lockOf({ key: 'k', port: server.port, leaseTtlS, onLockLost: (key) => lost.push(key) });
      await lock.acquire();
      expect(lock.lease).toBe(Math.min(leaseTtlS, 30));
      // Its connection is believed in for 0.8 of 23 s.
      const end = Math.min(believed, 18.4) * 1000;
      await vi.advanceTimersByTimeAsync(end - 20);
      expect([lock.token, lost]).toEqual(['tok', []]);
      await vi.advanceTimersByTimeAsync(30);
      expect([lock.token, lost]).toEqual([null, ['k']]);
    }
  });

  it.each([
    ['ok\n', 10],
    ['ok\r\n', 10],
    ['ok 4\n', 4],
    ['ok x\n', 10],
  ])('is held on by a renewal that is answered %j, for %s s', async (answer, seconds) => {
    const server = await granting(' 10', answer);
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    await lock.acquire();
    await vi.advanceTimersByTimeAsync(4000);
    await settled(server, 2);
    // Time for its answer to be read.
    await sleep(100);
    await vi.advanceTimersByTimeAsync(seconds * 800 - 20);
    expect([lock.token, lost]).toEqual(['tok', []]);
    await vi.advanceTimersByTimeAsync(30);
    expect([lock.token, lost]).toEqual([null, ['k']]);
  });

  it('is neither lost nor confirmed by a renewal that is answered with 0', async () => {
    const server = await granting(' 10', 'ok 0\n');
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    await lock.acquire();
    await vi.advanceTimersByTimeAsync(4000);
    await settled(server, 2);
    await sleep(100);
    await vi.advanceTimersByTimeAsync(3980);
    expect([lock.token, lost]).toEqual(['tok', []]);
    await vi.advanceTimersByTimeAsync(30);
    expect([lock.token, lost]).toEqual([null, ['k']]);
  });
});
