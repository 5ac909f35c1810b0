import { describe, it } from 'vitest';
import { electionBackend } from '../../../../src/backends/octostore/election/election-backend.js';
import { validateElectionId } from '../../../../src/backends/octostore/election/election-id.js';
import { UndiciTransport } from '../../../../src/backends/octostore/wire/undici-transport.js';
import { describeBackend } from '../../../../src/testing/index.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';

describeWithOctoStore('the conformance suite on elections', (server) => {
  describeBackend({
    name: 'octostoreElection',
    describe,
    it,
    factory: () => ({
      // The suite wants many locks of one client, so this one takes every election and not just its own.
      create: () =>
        electionBackend(
          { baseUrl: server().url, id: 'conformance' },
          (options) => new UndiciTransport(options),
          validateElectionId,
        ),
      goodSuffixes: ['-x', '_Y'],
      badNames: ['', 'short', 'a/b/c/d/e', 'with.dot.s', '..', 'a b c d e', 'x'.repeat(65)],
    }),
  });
});
