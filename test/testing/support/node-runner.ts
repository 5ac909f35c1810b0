/** The conformance suite under `node:test`; run by runners.test.ts. */
import { describe, it } from 'node:test';
import { memory } from '../../../src/backends/memory/memory.js';
import { describeBackend } from '../../../src/testing/index.js';

describeBackend({
  name: 'memory',
  describe,
  it,
  factory: () => {
    const backend = memory();
    return { create: () => backend };
  },
});
