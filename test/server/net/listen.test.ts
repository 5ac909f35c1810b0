import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Front } from '../../../src/server/connection.js';
import { listen } from '../../../src/server/net/listen.js';
import type { Listener } from '../../../src/server/net/listener.js';

/** Greets everybody, and repeats what it hears. */
function greeter(isOpenToAll: boolean): Front {
  return {
    open(connection) {
      if (isOpenToAll) connection.welcome();
      connection.write('hello');
      return {
        received: (text) => {
          connection.write(text);
        },
        finished: () => undefined,
        drained: () => undefined,
        closed: () => undefined,
      };
    },
    close: () => undefined,
  };
}

/** What happens next to a connection. */
async function next(socket: Socket): Promise<string> {
  return Promise.race(['data', 'close'].map((event) => once(socket, event).then(() => event)));
}

describe('listen', () => {
  let listener: Listener | undefined;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await listener?.close();
  });

  const start = async (isOpenToAll: boolean, limits: { maxPerAddress?: number; maxStrangers?: number }) => {
    const all = { maxConnections: Infinity, maxPerAddress: Infinity, maxStrangers: Infinity, ...limits };
    const times = { keepAlive: 5000, handshakeTimeout: 5000 };
    listener = await listen(greeter(isOpenToAll), { host: '127.0.0.1', port: 0, ...all, ...times });
  };
  /** @returns What is heard first: `'data'`, or `'close'`. */
  const enter = async (): Promise<{ readonly socket: Socket; readonly heard: string }> => {
    const socket = connect(listener!.port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    const heard = await next(socket);
    return { socket, heard };
  };

  it('closes nobody for one stranger too many who was welcome from the beginning', async () => {
    await start(true, { maxStrangers: 1 });
    const all = [await enter(), await enter(), await enter()];
    expect(all.map(({ heard }) => heard)).toEqual(['data', 'data', 'data']);
    // Each still hears of what is sent: an end of his would come before it.
    for (const { socket } of all) {
      const heard = next(socket);
      socket.write('?');
      expect(await heard).toBe('data');
    }
  });

  it('closes the stranger who has been here longest for one too many', async () => {
    await start(false, { maxStrangers: 1 });
    const first = await enter();
    const end = once(first.socket, 'close');
    expect((await enter()).heard).toBe('data');
    await end;
  });

  it('says nothing to one too many from one address', async () => {
    await start(true, { maxPerAddress: 1 });
    expect((await enter()).heard).toBe('data');
    expect((await enter()).heard).toBe('close');
  });
});
