import { describe, it } from 'vitest';
import { octostore } from '../../../src/backends/octostore/index.js';
import { describeBackend } from '../../../src/testing/index.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';

describeWithOctoStore('the conformance suite', (server) => {
  describeBackend({
    name: 'octostore',
    describe,
    it,
    factory: () => ({
      create: () => octostore({ baseUrl: server().url, token: server().tokens.alice }),
      createUnreachable: () => octostore({ baseUrl: 'http://127.0.0.1:1', token: 'nobody-asks-for-it' }),
      badNames: ['', 'a//b', '..', 'a b', 'x'.repeat(300)],
    }),
  });
});
