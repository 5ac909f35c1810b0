import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LockNetworkError, LockValidationError } from '../../../../src/contract/errors.js';
import type { ServerMessage } from '../../../../src/native/from-server.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { withServer } from '../support/with-server.js';

describe('what socket() tells of names', () => {
  const scene = withServer();

  it('is no list without end: who lists too many is told to name a longer prefix', async () => {
    // A busy machine decides nothing.
    const client = scene.client({ timeout: '10m' });
    const locks = Array.from({ length: 100_000 }, () => ({ name: 'a', holders: 1, waiters: 0 }));
    scene.server.on('list', ({ id }, line) => {
      const part: ServerMessage = { type: 'list', id, locks, more: true };
      for (let i = 0; i < 11; i++) line.say(part);
      return [];
    });
    const listed = firstValueFrom(client.backend.list!('a'));
    await expect(listed).rejects.toMatchObject({ constructor: LockValidationError, option: 'prefix' });
    expect(await client.isHeld('a')).toBe(false);
  });

  it('is told to who watched before the server was there', async () => {
    const before = await ScriptedServer.start();
    const { port, url } = before;
    await before.stop();
    const client = scene.client({ url });
    const told = firstValueFrom(client.backend.watch!('a'));
    await expect(client.acquire('a')).rejects.toBeInstanceOf(LockNetworkError);
    const server = await ScriptedServer.start(port);
    await expect(told).resolves.toMatchObject({ status: 'free' });
    await server.stop();
  });
});
