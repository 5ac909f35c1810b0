import { describe, it } from 'vitest';
import { describeBackend } from '../../src/testing/index.js';
import { threaded } from '../../src/threaded/index.js';
import { describeWithDflockd } from '../support/dflockd-server.js';
import { describeWithOctoStore } from '../support/octostore-server.js';
import { threadedBuild } from '../support/threaded-build.js';

/** Makes a backend of `threaded-services.ts` in a worker. */
function inWorker(name: string, ...args: readonly unknown[]) {
  const { worker, services } = threadedBuild();
  return threaded({ module: services, export: name, args, worker });
}

describe('the conformance suite, in a worker', () => {
  describeBackend({
    name: 'memory',
    describe,
    it,
    factory: () => {
      const backend = inWorker('memory');
      return { create: () => backend, badNames: ['', 'a//b', '..', 'a b', 'x'.repeat(300)] };
    },
  });
});

describeWithOctoStore('the conformance suite, in a worker', (server) => {
  describeBackend({
    name: 'octostore',
    describe,
    it,
    factory: () => ({
      create: () => inWorker('octostore', { baseUrl: server().url, token: server().tokens.alice }),
      badNames: ['', 'a//b', '..', 'a b', 'x'.repeat(300)],
    }),
  });
});

describeWithDflockd(
  'the conformance suite, in a worker',
  (server) => {
    describeBackend({
      name: 'dflockd',
      describe,
      it,
      factory: () => ({
        create: () => inWorker('dflockd', { host: server().host, port: server().port }),
        goodSuffixes: ['-Ünï-名', '/a/b', ':x', '*'],
        badNames: ['', 'a b', 'a\tb', 'a\nb', 'a\rb', 'a\0b', 'a\u00a0b', 'x'.repeat(257), 'semaphore:a', '\ud800'],
      }),
    });
  },
  { maxLocks: 100_000 },
);
