import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocks } from 'rxlock';
import { createLockServer, type ServerLogEntry } from 'rxlock/server';
import { socket } from 'rxlock/socket';
import { expect, it } from 'vitest';
import { until } from '../../support/poll.js';

it('the log says once that nothing can be stored, and why, and that it can be again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxlock-trouble-'));
  const [data, elsewhere] = [join(folder, 'data'), join(folder, 'elsewhere')];
  const entries: ServerLogEntry[] = [];
  const server = await createLockServer({ ws: 0, data, log: (entry) => entries.push(entry) });
  const locks = createLocks(socket({ url: server.addresses.ws?.url }));
  const told = () => entries.filter(({ event }) => event !== 'ready').map(({ level, event }) => [level, event]);
  try {
    renameSync(data, elsewhere);
    for (const name of ['a', 'b', 'c'])
      await expect(locks.tryAcquire(name, '5s')).rejects.toMatchObject({ code: 'ERR_LOCK_CAPACITY' });
    expect(told()).toEqual([['error', 'nothing can be stored']]);
    expect(entries.at(-1)).toMatchObject({ reason: expect.stringContaining('removed or moved') });
    renameSync(elsewhere, data);
    await until(() => told().length > 1);
    expect(told().slice(1)).toEqual([['info', 'storing again']]);
  } finally {
    await locks.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
});
