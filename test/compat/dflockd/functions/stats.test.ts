import { describe, expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { list } from '../support/scripts.js';
import { errorOf } from '../support/support.js';

describe('stats', () => {
  it('gives what the server says', async () => {
    const told = { connections: 1, locks: [], semaphores: [], idle_locks: [], idle_semaphores: [] };
    const server = await list(`ok ${JSON.stringify(told)}\n`);
    expect(await client.stats({ host: '127.0.0.1', port: server.port })).toEqual(told);
    expect(server.frames).toEqual([['stats', '_', '']]);
  });

  it.each(['error', 'ok', 'ok {', 'nonsense'])('rejects %j', async (answer) => {
    const server = await list(`${answer}\n`);
    expect(await errorOf(client.stats({ port: server.port }))).toBeInstanceOf(client.LockError);
  });
});
