import { defineConfig } from 'vitest/config';
import { ALIASES } from './vitest.config.js';

const TESTS = ['test/backends/octostore/**/*.test.ts', 'test/compat/octostore/**/!(faults).test.ts'];
const FAULTS = [
  'test/compat/octostore/faults.test.ts',
  'test/faults/{network,http,sessions,steps,clocks,standstill}.test.ts',
];

/** The tests of all that is there for OctoStore, with our own front in place of a real server; with `--mode faults`, the rows of faults. */
export default defineConfig(({ mode }) => ({
  resolve: { alias: ALIASES },
  test: {
    include: mode === 'faults' ? FAULTS : TESTS,
    env: { RXLOCK_OCTOSTORE: 'ours' },
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    maxConcurrency: 8,
  },
}));
