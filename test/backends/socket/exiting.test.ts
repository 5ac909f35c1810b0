import { expect, it } from 'vitest';
import { socket } from '../../../src/backends/socket/index.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { listenNative } from '../../server/native/support/listen.js';
import { runProgram } from '../../support/run-program.js';

const LEAVER = 'test/backends/socket/support/leaver.ts';

it.each(['user', 'watcher', 'waiter', 'nobody'])(
  'a %s that needs nothing any more keeps no process alive',
  async (what) => {
    await using server = await listenNative();
    const locks = createLocks(socket({ url: server.url }));
    await locks.acquire('taken', '30s');
    const url = what === 'nobody' ? 'ws://127.0.0.1:1' : server.url;
    expect(await runProgram(LEAVER, url, what)).toEqual({ code: 0, out: 'done\n', errors: '' });
    await locks.close();
  },
);
