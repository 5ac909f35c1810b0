import { describe, it } from 'vitest';
import { dflockd } from '../../../src/backends/dflockd/index.js';
import { describeBackend } from '../../../src/testing/index.js';
import { describeWithDflockd } from '../../support/dflockd-server.js';

describeWithDflockd(
  'the conformance suite',
  (server) => {
    describeBackend({
      name: 'dflockd',
      describe,
      it,
      slow: true,
      factory: () => ({
        create: () => dflockd({ host: server().host, port: server().port }),
        createUnreachable: () => dflockd({ host: '127.0.0.1', port: 1 }),
        goodSuffixes: ['-Ünï-名', '/a/b', ':x', '*'],
        badNames: ['', 'a b', 'a\tb', 'a\nb', 'a\rb', 'a\0b', 'a\u00a0b', 'x'.repeat(257), 'semaphore:a', '\ud800'],
      }),
    });
  },
  { maxLocks: 100_000 },
);
