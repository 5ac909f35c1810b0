import { defineConfig } from 'vitest/config';
import { TableReporter } from './test/faults/support/table-reporter.js';
import { ALIASES } from './vitest.config.js';

/** Real servers, cut connections, killed processes: what takes too long for `npm test`. */
export default defineConfig({
  resolve: { alias: ALIASES },
  test: {
    include: ['test/faults/**/*.test.ts'],
    reporters: ['default', new TableReporter()],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // The rows of a file run side by side, and so do files: they wait more than they compute.
    maxWorkers: 3,
    maxConcurrency: 8,
  },
});
