import { setTimeout as sleep } from 'node:timers/promises';
import { LockLostError } from 'rxlock';
import { ExecutionError, type RedlockAbortSignal } from 'rxlock/compat/redlock';
import { expect, it } from 'vitest';
import { describeWithRedis, describeWithRedises } from '../../support/describe-with-redis.js';
import { until } from '../../support/poll.js';
import { useClients } from './support/clients.js';

/** A lock that is extended long before its time is over, so that a slow machine loses none. */
const LONG = 10_000;
const EARLY = { automaticExtensionThreshold: 9800, retryDelay: 10, retryJitter: 0 };
const SHORT = { automaticExtensionThreshold: 200, retryDelay: 10, retryJitter: 0 };

async function aborted(signal: RedlockAbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/** Blocks the event loop. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describeWithRedis('using', (server) => {
  const { redlock } = useClients();

  it('gives what the work gives, and the lock back', async () => {
    const one = redlock([server()]);
    const seen = await one.using(['value'], 5000, async (signal) => {
      expect(signal).toBeInstanceOf(AbortSignal);
      expect(signal.aborted).toBe(false);
      expect(signal.error).toBeUndefined();
      signal.throwIfAborted();
      return server().ask('EXISTS', 'value');
    });
    expect(seen).toBe(1);
    expect(await server().ask('EXISTS', 'value')).toBe(0);
    expect(await one.using(['value'], 5000, { retryCount: 0 }, async () => 7)).toBe(7);
  });

  it('throws what the work throws, even if the lock was lost', async () => {
    const one = redlock([server()]);
    const error = new TypeError('mine');
    const works = [
      () => Promise.reject(error),
      () => {
        throw error;
      },
      async () => {
        await server().ask('DEL', 'throws');
        throw error;
      },
    ];
    for (const work of works) await expect(one.using(['throws'], 5000, work)).rejects.toBe(error);
    expect(await server().ask('EXISTS', 'throws')).toBe(0);
  });

  it('extends the lock while the work runs', async () => {
    const one = redlock([server()], EARLY);
    await one.using(['long'], LONG, async (signal) => {
      const value = await server().ask('GET', 'long');
      for (let extension = 0; extension < 2; extension++) {
        let last = Infinity;
        await until(async () => {
          const before = last;
          last = Number(await server().ask('PTTL', 'long'));
          return last > before;
        });
      }
      expect(signal.aborted).toBe(false);
      expect(await server().ask('GET', 'long')).toBe(value);
    });
    expect(await server().ask('EXISTS', 'long')).toBe(0);
  });

  it('excludes others meanwhile', async () => {
    const one = redlock([server()]);
    await one.using(['one', 'two'], 5000, async () => {
      await expect(one.using(['two'], 5000, { retryCount: 0 }, async () => 1)).rejects.toThrow(ExecutionError);
    });
  });

  it('refuses what cannot be', async () => {
    const one = redlock([server()]);
    await expect(one.using(['bad'], 599, async () => 1)).rejects.toThrow('at least 100ms greater than');
    await expect(one.using(['bad'], 5000, {})).rejects.toThrow('INVARIANT: routine is not a function.');
    expect(await server().ask('EXISTS', 'bad')).toBe(0);
  });

  it('aborts the signal at once when an extension is refused', async () => {
    const one = redlock([server()], EARLY);
    let told: unknown;
    const using = one.using(['refused'], LONG, async (signal) => {
      await server().ask('SET', 'refused', 'another');
      await aborted(signal);
      told = signal.error;
      expect(signal.reason).toBe(told);
      expect(() => {
        signal.throwIfAborted();
      }).toThrow(told);
      return 'done';
    });
    await expect(using).rejects.toThrow(ExecutionError);
    expect(told).toBeInstanceOf(LockLostError);
    expect(told).toMatchObject({ attempts: [expect.any(Promise)] });
    expect(await server().ask('GET', 'refused')).toBe('another');
  });

  it('rejects if the lock was gone when the work had ended', async () => {
    const one = redlock([server()]);
    const using = one.using(['vanished'], 5000, async () => server().ask('DEL', 'vanished'));
    await expect(using).rejects.toThrow(LockLostError);
  });

  it('is aborted for a program that was blocked past the deadline, before any timer has rung', async () => {
    const one = redlock([server()], SHORT);
    const using = one.using(['blocked'], 400, async (signal) => {
      block(450);
      expect(signal.aborted).toBe(true);
      expect(signal.error).toBeInstanceOf(ExecutionError);
    });
    await expect(using).rejects.toThrow('The lock expired before an extension of it was confirmed.');
  });
});

describeWithRedises('using, on a server that breaks down', (start) => {
  const { redlock } = useClients();

  it('aborts the signal at the deadline, when nothing is answered any more', async () => {
    const server = await start();
    const one = redlock([server], SHORT);
    const using = one.using(['silent'], 1000, async (signal) => {
      server.pause();
      const deadline = performance.now() + 1000;
      let looked = performance.now();
      for (; !signal.aborted; await sleep(1)) looked = performance.now();
      // It was asked for before the work began, and whoever looks is told by the clock.
      expect(looked).toBeLessThan(deadline);
    });
    await expect(using).rejects.toThrow('The lock expired before an extension of it was confirmed.');
    server.resume();
  });

  it('goes on if an extension fails, and another succeeds while there is time', async () => {
    const server = await start({ appendonly: true });
    const one = redlock([server], EARLY);
    const told: Error[] = [];
    one.on('error', (error: Error) => told.push(error));
    await one.using(['restarted'], LONG, async (signal) => {
      const value = await server.ask('GET', 'restarted');
      await server.kill();
      await until(() => told.length > 0);
      await server.run();
      const before = Number(await server.ask('PTTL', 'restarted'));
      await until(async () => Number(await server.ask('PTTL', 'restarted')) > before);
      expect(signal.aborted).toBe(false);
      expect(await server.ask('GET', 'restarted')).toBe(value);
    });
    expect(await server.ask('EXISTS', 'restarted')).toBe(0);
  });

  it('gives the result of the work although the release is not answered', async () => {
    const server = await start();
    const one = redlock([server]);
    const value = await one.using(['unreleased'], 5000, async () => {
      server.pause();
      return 'done';
    });
    expect(value).toBe('done');
    server.resume();
    await until(async () => (await server.ask('EXISTS', 'unreleased')) === 0);
  });
});
