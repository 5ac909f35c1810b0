import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { socket } from '../../../src/backends/socket/index.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { listenNative } from '../../server/native/support/listen.js';

const LEAVER = fileURLToPath(new URL('support/leaver.ts', import.meta.url));

it.each(['user', 'watcher', 'waiter', 'nobody'])(
  'a %s that needs nothing any more keeps no process alive',
  async (what) => {
    await using server = await listenNative();
    const locks = createLocks(socket({ url: server.url }));
    await locks.acquire('taken', '30s');
    const url = what === 'nobody' ? 'ws://127.0.0.1:1' : server.url;
    const child = spawn(execPath, ['--import', 'tsx', LEAVER, url, what], { stdio: ['ignore', 'pipe', 'inherit'] });
    const since = performance.now();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    // A connection that nobody needs would be closed after 15 s, and end it then.
    expect(performance.now() - since).toBeLessThan(12_000);
    await locks.close();
  },
);
