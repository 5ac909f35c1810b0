import { describe, expect, it } from 'vitest';
import { IoredisLink, type IoredisClient } from '../../../../src/backends/redis/wire/ioredis-link.js';

const nextTick = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve);
  });

/** A client whose socket notes what becomes of it. */
function clientThat(notes: string[]): IoredisClient {
  const client: IoredisClient = {
    options: {},
    status: 'ready',
    stream: {
      cork: () => notes.push('cork'),
      uncork: () => notes.push('uncork'),
      destroy: () => undefined,
    },
    duplicate: () => client,
    connect: () => Promise.resolve(),
    disconnect: () => undefined,
    call: (command) => {
      notes.push(command);
      return Promise.resolve();
    },
    on: () => undefined,
  };
  return client;
}

describe('IoredisLink', () => {
  it('sends what is asked in one turn in one write, and what comes later in another', async () => {
    const notes: string[] = [];
    const link = new IoredisLink(clientThat(notes), { lost: () => undefined, message: () => undefined });
    void link.send('PING', []);
    void link.send('TIME', []);
    await nextTick();
    expect(notes).toEqual(['cork', 'ping', 'time', 'uncork']);
    void link.send('PING', []);
    await nextTick();
    expect(notes.slice(4)).toEqual(['cork', 'ping', 'uncork']);
  });
});
