import { firstValueFrom, toArray, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LockClosedError, LockLostError, LockNetworkError } from '../../../../src/contract/errors.js';
import { until } from '../../../support/poll.js';
import { KEEPING, type SocketClient } from '../support/socket-client.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { withServer } from '../support/with-server.js';

describe('a connection that breaks', () => {
  const scene = withServer();
  /** Cuts it, and waits for the next. */
  const cut = async (): Promise<void> => {
    const { length } = scene.server.lines;
    scene.server.line.cut();
    await until(
      () => scene.server.lines.length > length && scene.server.line.all('settle').length > 0,
      'another connection',
    );
  };
  /** A server is back, and is told by the client that it has its first lock. */
  const expectHeldOn = async (port: number, client: SocketClient, then?: () => Promise<void>): Promise<void> => {
    const again = await ScriptedServer.start(port);
    try {
      await until(() => again.lines.length > 0 && again.line.all('settle').length === 1, 'another connection');
      expect(again.line.all('settle')).toMatchObject([{ holds: [1] }]);
      await then?.();
    } finally {
      await client.backend.close();
      await again.stop();
    }
    await scene.server.stop().catch(() => undefined);
  };
  const detach = (client: SocketClient, name: string): Promise<string> =>
    client.acquire(name).then(({ grant }) => firstValueFrom(client.backend.detach!(grant)));

  it('is followed by one that goes on with its session, by a secret that is another each time', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    await cut();
    await cut();
    expect(scene.server.lines.map((line) => line.all('hello')[0]?.session)).toEqual([
      undefined,
      { id: 'session-1', secret: 'secret-1' },
      { id: 'session-1', secret: 'secret-2' },
    ]);
    expect(scene.server.line.said.map(({ type }) => type).slice(0, 2)).toEqual(['hello', 'settle']);
    expect(scene.server.line.all('settle')).toMatchObject([{ news: 1, holds: [1], wants: [] }]);
    expect(client.revocations).toEqual([]);
    expect(await client.release(grant)).toEqual(['released']);
  });

  it('is not followed by another if nothing hangs on it', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    await client.release(grant);
    scene.server.line.cut();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(scene.server.lines).toHaveLength(1);
    await client.acquire('b');
    expect(scene.server.line.all('hello')[0]?.session).toBeUndefined();
  });

  it('loses all with its session, and who waited in it waits anew', async () => {
    const client = scene.client();
    await client.acquire('a');
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const waiting = client.ask('b');
    await until(() => waiting.types.length === 1);
    scene.server.off('acquire');
    scene.server.resumes = false;
    scene.server.line.cut();
    await waiting.granted();
    expect(client.lost).toEqual(['a: session']);
    expect(scene.server.line.all('settle')).toEqual([]);
    expect(scene.server.line.all('acquire')).toMatchObject([{ name: 'b' }]);
  });

  it('leaves who waits where he is in the queue', async () => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const waiting = client.ask('a');
    await until(() => waiting.types.length === 1);
    scene.server.on('settle', ({ id, wants }) => [
      { type: 'queued', id: wants[0] as number, position: 0 },
      { type: 'done', id },
    ]);
    await cut();
    scene.server.line.say(scene.server.granted(1));
    await waiting.granted();
    expect(scene.server.lines.flatMap((line) => line.all('acquire'))).toHaveLength(1);
    expect(scene.server.line.all('settle')).toMatchObject([{ holds: [], wants: [1] }]);
  });

  it('brings what was granted while nobody listened, counted from when it was in the queue', async () => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const since = client.clock.elapsed();
    const waiting = client.ask('a');
    await until(() => waiting.types.length === 1);
    const before = client.clock.elapsed();
    scene.server.on('settle', ({ id, wants }) => [scene.server.granted(wants[0] as number), { type: 'done', id }]);
    scene.server.line.cut();
    const { bounds } = await waiting.granted();
    expect(bounds[0].sentAt).toBeGreaterThanOrEqual(since);
    expect(bounds[0].sentAt).toBeLessThanOrEqual(before);
  });

  it('asks anew for what never came there', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('z');
    scene.server.on('acquire', (_, line) => {
      line.cut();
      return [];
    });
    scene.server.on('settle', ({ id, wants }) => [
      ...wants.map((want) => ({ type: 'error', id: want, code: 'gone', message: 'unknown' }) as const),
      { type: 'done', id },
    ]);
    const asking = client.ask('a');
    await until(() => scene.server.lines.length === 2);
    scene.server.off('acquire');
    await asking.granted();
    expect(scene.server.line.all('acquire').at(-1)).toMatchObject({ name: 'a' });
    expect(await client.release(grant)).toEqual(['released']);
  });

  it('does not want what somebody has left meanwhile', async () => {
    const client = scene.client();
    await client.acquire('a');
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const waiting = client.ask('b');
    await until(() => waiting.types.length === 1);
    scene.server.line.cut();
    waiting.leave();
    await until(() => scene.server.line.all('settle').length === 1);
    expect(scene.server.line.all('settle')).toMatchObject([{ holds: [1], wants: [] }]);
  });

  it('gives back again, with its time, what was on its way back', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    scene.server.on('release', (_, line) => {
      line.cut();
      return [];
    });
    const releasing = client.releaseLater(5000, grant);
    await until(() => scene.server.lines.length === 2);
    scene.server.off('release');
    expect(await releasing).toEqual(['released']);
    expect(scene.server.line.all('settle')).toMatchObject([{ holds: [1] }]);
    expect(scene.server.line.all('release')).toMatchObject([{ lock: 1, keepFor: 5000 }]);
  });

  it('lets go again of what was on its way to somebody else, who may have it by then', async () => {
    const client = scene.client();
    scene.server.on('detach', (_, line) => {
      line.cut();
      return [];
    });
    scene.server.on('settle', ({ id, holds }) => [scene.server.lost(holds[0] as number, 'gone'), { type: 'done', id }]);
    const detaching = detach(client, 'a');
    await until(() => scene.server.lines.length === 2);
    scene.server.off('detach');
    expect(await detaching).toBe('handed-on');
    expect(client.revocations).toEqual([]);
  });

  it('brings a fresh status to who watches', async () => {
    const client = scene.client();
    const statuses = firstValueFrom(client.backend.watch!('a').pipe(take(2), toArray()));
    await until(() => scene.server.lines[0]?.all('watch').length === 1);
    scene.server.line.cut();
    expect(await statuses).toHaveLength(2);
    expect(scene.server.line.all('watch')).toHaveLength(1);
  });

  it('fails what cannot be asked twice', async () => {
    const client = scene.client();
    scene.server.on('revoke', (_, line) => {
      line.cut();
      return [];
    });
    await expect(firstValueFrom(client.backend.revoke!('a'))).rejects.toBeInstanceOf(LockNetworkError);
    expect(scene.server.lines.flatMap((line) => line.all('revoke'))).toHaveLength(1);
  });

  it('is tried again and again while a lock is held, and until nobody believes in it', async () => {
    const { port } = scene.server;
    const client = scene.client({ reconnect: { initial: 5, max: 20 } });
    const { grant } = await client.acquire('a', { ttl: 1000 });
    await scene.server.stop();
    expect(await client.renew([grant], 1000)).toMatchObject([{ outcome: 'unknown' }]);
    await expectHeldOn(port, client);
  });

  it('is tried several times before the first renewal, and nothing that is believed in is given back', async () => {
    const { port } = scene.server;
    const client = scene.client({ reconnect: { initial: 5, max: 20 }, timeout: 200 });
    // As in a process that has run for long.
    client.clock.advance(1_000_000);
    const { grant } = await client.acquire('a', { ttl: 30_000 });
    client.backend.confirmed?.(grant);
    await scene.server.stop();
    for (let i = 0; i < 3; i++) expect((await client.ask('b').over()).error).toBeInstanceOf(LockNetworkError);
    await expectHeldOn(port, client, async () => {
      expect(await client.renew([grant])).toMatchObject([{ outcome: 'renewed' }]);
      expect(client.revocations).toEqual([]);
    });
  });

  it('gives back what nobody believes in any more, which a server that was away may still have', async () => {
    const before = await ScriptedServer.start();
    const { port, url } = before;
    const client = scene.client({ url });
    await client.acquire('a', { ttl: 1000 });
    await before.stop();
    client.clock.advance(10_000);
    expect((await client.ask('b').over()).error).toBeInstanceOf(LockNetworkError);
    const server = await ScriptedServer.start(port);
    await client.acquire('a');
    expect(server.line.all('hello')).toMatchObject([{ session: { id: 'session-1' } }]);
    expect(server.line.all('settle')).toMatchObject([{ holds: [], wants: [] }]);
    expect(client.lost).toEqual(['a: expired']);
    await client.backend.close();
    await server.stop();
  });

  it('fails at once what is asked of nobody', async () => {
    const client = scene.client({ url: 'ws://127.0.0.1:1' });
    const { error } = await client.ask('a').over();
    expect(error).toBeInstanceOf(LockNetworkError);
    expect(String(error)).toContain('the server at 127.0.0.1:1');
  });

  it('fails who waits if no other connection comes about in time', async () => {
    const client = scene.client({ timeout: 100 });
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const waiting = client.ask('a');
    await until(() => waiting.types.length === 1);
    scene.server.on('hello', () => []);
    scene.server.line.cut();
    expect((await waiting.over()).error).toBeInstanceOf(LockNetworkError);
  });

  it('goes on with a lock that somebody else has let go of', async () => {
    const client = scene.client();
    const secret = await detach(client, 'a');
    const other = scene.client();
    const request = { name: 'x', ttl: 5000, wait: false, holder: 'other', keeping: KEEPING, stray: () => undefined };
    const signal = await firstValueFrom(other.backend.adopt!('a', secret, request));
    expect(signal).toMatchObject({ type: 'granted', confirm: true, grant: { name: 'a', holder: 'other' } });
    expect(scene.server.line.all('adopt')).toMatchObject([{ name: 'a', secret: 'handed-on', ttl: 5000 }]);
    scene.server.on('adopt', ({ id }) => [{ type: 'error', id, code: 'gone', message: 'used' }]);
    await expect(firstValueFrom(other.backend.adopt!('a', secret, request))).rejects.toBeInstanceOf(LockLostError);
  });

  it('is not waited for by a close: who waits is told, and the session is ended', async () => {
    const client = scene.client();
    await client.acquire('a');
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const waiting = client.ask('b');
    await until(() => waiting.types.length === 1);
    await client.backend.close();
    expect(waiting.error).toBeInstanceOf(LockClosedError);
    expect(scene.server.line.all('end')).toHaveLength(1);
    expect((await client.ask('c').over()).error).toBeInstanceOf(LockClosedError);
  });

  it('does not keep a close for long, if the server does not answer it', async () => {
    const client = scene.client({ timeout: 100 });
    await client.acquire('a');
    scene.server.line.isSilent = true;
    const since = performance.now();
    await client.backend.close();
    expect(performance.now() - since).toBeLessThan(5000);
  });
});
