import { defineConfig } from 'vitest/config';
import { ALIASES } from './vitest.config.js';

/** The tests of all that is there for OctoStore, with our own front in place of a real server. */
export default defineConfig({
  resolve: { alias: ALIASES },
  test: {
    include: [
      'test/backends/octostore/**/*.test.ts',
      'test/compat/octostore/**/*.test.ts',
      'test/faults/{network,http,sessions,steps,clocks,standstill}.test.ts',
    ],
    env: { RXLOCK_OCTOSTORE: 'ours' },
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    maxConcurrency: 8,
  },
});
