import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts, onFreePorts } from '../../scripts/lib/free-ports.mjs';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listen(port: number): Promise<Server> {
  const server = createServer();
  open.push(server);
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return server;
}

describe('free ports', () => {
  it('are those that nobody listens on, each given once', async () => {
    const [first, second = 0] = await freePorts(2);
    await listen(second);
    const others = await freePorts(150);
    expect(new Set([first, second, ...others]).size).toBe(152);
    // Once all were used, they are used again.
    expect(await freePorts(150)).not.toContain(second);
  });

  it('are others if somebody takes one before it is listened on', async () => {
    const tried: number[] = [];
    const server = await onFreePorts(1, async (port) => {
      tried.push(port);
      if (tried.length < 3) await listen(port);
      return listen(port);
    });
    expect(tried.length).toBe(3);
    expect(new Set(tried).size).toBe(3);
    expect(server.address()).toMatchObject({ port: tried[2] });
  });

  it('are not looked for without end: whatever fails on each of five fails', async () => {
    const tried: (readonly number[])[] = [];
    const failed = onFreePorts(2, (...ports) => {
      tried.push(ports);
      return Promise.reject(new Error('not today'));
    });
    await expect(failed).rejects.toThrow('not today');
    expect(tried.map(({ length }) => length)).toEqual([2, 2, 2, 2, 2]);
    expect(new Set(tried.flat()).size).toBe(10);
  });
});
