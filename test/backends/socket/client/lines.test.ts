import { inspect } from 'node:util';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LockAuthenticationError, LockNetworkError } from '../../../../src/contract/errors.js';
import { socket } from '../../../../src/backends/socket/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { TEST_TLS } from '../../../support/dflockd-tls.js';
import { until } from '../../../support/poll.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { withServer } from '../support/with-server.js';

describe('the line to the server', () => {
  const scene = withServer();

  it('takes what is asked in one turn in one frame', async () => {
    const client = scene.client();
    const attempts = Array.from({ length: 50 }, (_, i) => client.acquire(`lock-${String(i)}`));
    const grants = (await Promise.all(attempts)).map(({ grant }) => grant);
    await Promise.all(grants.map((grant) => client.release(grant)));
    expect(scene.server.line.frames.map(({ length }) => length)).toEqual([1, 50, 50]);
  });

  it('takes it in as many frames as the server wants', async () => {
    const client = scene.client();
    const metadata = 'ü'.repeat(4000);
    await Promise.all(Array.from({ length: 40 }, (_, i) => client.acquire(`lock-${String(i)}`, { metadata })));
    const sizes = scene.server.line.frames.map((frame) => Buffer.byteLength(JSON.stringify(frame)));
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(scene.server.line.all('acquire').map(({ id }) => id)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it('says the token in its first message, and nowhere else', async () => {
    let asked = 0;
    const token = (): string => `secret-${String(++asked)}`;
    const client = scene.client({ token });
    await client.acquire('a');
    scene.server.line.cut();
    await until(() => scene.server.lines.length === 2 && scene.server.line.all('settle').length === 1);
    expect(scene.server.lines.map((line) => line.all('hello')[0]?.token)).toEqual(['secret-1', 'secret-2']);
    expect(inspect(scene.server.lines.map(({ headers }) => headers))).not.toContain('secret');
    for (const text of [inspect(client.backend, { depth: 20, showHidden: true }), JSON.stringify(client.backend)]) {
      expect(text).not.toContain('secret');
    }
  });

  it('says what holder most of its locks have once', async () => {
    const [one, other] = [{ holder: 'one' }, { holder: 'x'.repeat(300) }];
    const backend = socket({ url: scene.server.url });
    const locks = createLocks(backend, one);
    const others = createLocks(backend, other);
    await locks.acquire('a', '30s');
    await others.acquire('b', '30s');
    await locks.acquire('c', '30s');
    expect(scene.server.line.all('hello')).toMatchObject([{ holder: 'one' }]);
    expect(scene.server.line.all('acquire').map(({ holder }) => holder?.length)).toEqual([undefined, 256, undefined]);
    await Promise.all([locks.close(), others.close()]);
  });

  it('that takes too long to open is given up', async () => {
    const client = scene.client({ timeout: 100 });
    scene.server.on('hello', () => []);
    const { error } = await client.ask('a').over();
    expect(error).toBeInstanceOf(LockNetworkError);
    expect(String(error)).toContain('could not be reached in time');
  });

  it('tells who is not known here, and takes another token the next time', async () => {
    const client = scene.client({ token: 'a-secret' });
    scene.server.on('hello', () => [{ type: 'refused', code: 'auth', message: 'who are you?', versions: [1] }]);
    expect((await client.ask('a').over()).error).toBeInstanceOf(LockAuthenticationError);
    scene.server.off('hello');
    await client.acquire('a');
  });

  it('goes on trying for what is held, though a token is not good any more', async () => {
    const client = scene.client({ token: 'a-secret' });
    const { grant } = await client.acquire('a');
    scene.server.on('hello', () => [{ type: 'refused', code: 'auth', message: 'expired', versions: [1] }]);
    scene.server.line.say({ type: 'bye', code: 'auth', message: 'expired' });
    await until(() => scene.server.lines.length > 1);
    const [unknown] = await client.renew([grant]);
    expect(unknown).toMatchObject({ outcome: 'unknown' });
    if (unknown?.outcome === 'unknown') expect(unknown.cause).toBeInstanceOf(LockAuthenticationError);
    scene.server.off('hello');
    expect(await client.renew([grant])).toMatchObject([{ outcome: 'renewed' }]);
    expect(client.revocations).toEqual([]);
  });

  it('leaves a server alone for as long as that demands', async () => {
    const client = scene.client();
    await client.acquire('a');
    scene.server.line.say({ type: 'bye', code: 'closing', message: 'in a moment', retryAfter: 300 });
    const since = performance.now();
    await until(() => scene.server.lines.length === 2, 'another connection');
    expect(performance.now() - since).toBeGreaterThan(250);
  });

  it('works with a class of the platform', async () => {
    const client = scene.client({ WebSocket });
    const { grant } = await client.acquire('a');
    scene.server.line.cut();
    expect(await firstValueFrom(client.backend.status('a'))).toMatchObject({ status: 'free' });
    expect(await client.release(grant)).toEqual(['released']);
  });

  it('is secured with what is trusted, and with nothing else', async () => {
    const tls = TEST_TLS;
    const server = await ScriptedServer.start(undefined, tls);
    try {
      const url = `wss://localhost:${String(server.port)}`;
      const { error } = await scene.client({ url, token: 'a-secret' }).ask('a').over();
      expect(error).toBeInstanceOf(LockNetworkError);
      expect(String(error)).toMatch(/could not be reached \(DEPTH_ZERO_SELF_SIGNED_CERT\): .*the option ca/);
      expect(inspect(error, { depth: 9 })).not.toContain('a-secret');
      expect((await scene.client({ url, ca: tls.cert }).acquire('a')).grant.name).toBe('a');
    } finally {
      await server.stop();
    }
  });

  it('says why nobody could be reached', async () => {
    const gone = await ScriptedServer.start();
    const { url } = gone;
    await gone.stop();
    const { error } = await scene.client({ url }).ask('a').over();
    expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK', cause: { code: 'ECONNREFUSED' } });
    expect(String(error)).toMatch(/could not be reached \(ECONNREFUSED\)$/);
  });

  it('says when it is TLS that only one of both speaks', async () => {
    const server = await ScriptedServer.start(undefined, TEST_TLS);
    try {
      const { error } = await scene.client({ url: server.url }).ask('a').over();
      expect(String(error)).toMatch(/could not be reached \(\w+\): .* begins with wss:/);
    } finally {
      await server.stop();
    }
    const { error } = await scene
      .client({ url: scene.server.url.replace('ws:', 'wss:') })
      .ask('a')
      .over();
    expect(String(error)).toMatch(/could not be reached \(\w+\): .* begins with ws:/);
  });

  it('says on Node what it was told to', async () => {
    const client = scene.client({ headers: { 'x-name': 'me' }, origin: 'https://example.com', protocols: ['other'] });
    await client.acquire('a');
    expect(scene.server.line.headers).toMatchObject({
      'x-name': 'me',
      origin: 'https://example.com',
      'sec-websocket-protocol': 'rxlock,other',
    });
  });
});
