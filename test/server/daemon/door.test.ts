import { describe, expect, it } from 'vitest';
import { openDoors, type Door } from '../../../src/server/daemon/door.js';
import type { Listener } from '../../../src/server/net/listener.js';

describe('the ports of a server', () => {
  it('are all open, or none, and then nothing is left of what was to be spoken there', async () => {
    const closed: string[] = [];
    const close = (what: string) => () => {
      closed.push(what);
      return Promise.resolve();
    };
    const door = (name: 'ws' | 'http' | 'dflockd', problem?: Error): Door => ({
      names: [name],
      endpoint: { host: '127.0.0.1', port: 1 },
      open: () => {
        if (problem !== undefined) return Promise.reject(problem);
        return Promise.resolve({ close: close(`${name}, open`) } as Listener);
      },
      drain: () => undefined,
      close: close(name),
    });
    const taken = Object.assign(new Error('taken'), { code: 'EADDRINUSE' });
    await expect(openDoors([door('ws'), door('http', taken), door('dflockd')])).rejects.toThrow(
      'http: cannot listen at 127.0.0.1:1: something else listens there already',
    );
    // Else a session of before the start would keep its timers, and the process alive.
    expect(closed).toEqual(['ws, open', 'http', 'dflockd']);
  });
});
