import { defineConfig } from 'vitest/config';
import { ALIASES } from './vitest.config.js';

/** Real servers, cut connections, killed processes: what takes too long for `npm test`. */
export default defineConfig({
  resolve: { alias: ALIASES },
  test: {
    include: ['test/faults/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Each file starts servers and processes of its own: side by side they would starve each other.
    fileParallelism: false,
  },
});
