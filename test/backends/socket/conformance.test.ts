import { describe, it } from 'vitest';
import { socket } from '../../../src/backends/socket/index.js';
import { describeBackend } from '../../../src/testing/index.js';
import { listenNative } from '../../server/native/support/listen.js';

describeBackend({
  name: 'socket',
  describe,
  it,
  slow: true,
  factory: async () => {
    const server = await listenNative();
    return {
      create: () => socket({ url: server.url }),
      createUnreachable: () => socket({ url: 'ws://127.0.0.1:1' }),
      dispose: () => server[Symbol.asyncDispose](),
      goodSuffixes: ['-Ünï-名', '/a/b', '.x'],
      badNames: ['', 'a b', 'a:b', '/a', 'a//b', '..', 'x'.repeat(257)],
    };
  },
});
