import { afterAll, beforeAll, describe, it } from 'vitest';
import { octostore } from '../../../src/backends/octostore/index.js';
import { describeBackend } from '../../../src/testing/index.js';
import { FrontServer } from '../../support/octostore-front.js';

describe('the conformance suite, on our own front', () => {
  let server: FrontServer | undefined;
  beforeAll(async () => {
    server = await FrontServer.start();
  });
  afterAll(async () => {
    await server?.stop();
  });

  describeBackend({
    name: 'octostore',
    describe,
    it,
    factory: () => ({
      create: () => octostore({ baseUrl: server!.url, token: server!.tokens.alice }),
      badNames: ['', 'a//b', '..', 'a b', 'x'.repeat(300)],
    }),
  });
});
