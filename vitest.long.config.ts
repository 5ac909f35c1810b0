import { defineConfig } from 'vitest/config';
import { ALIASES, LONG } from './vitest.config.js';

/** Fuzzing, leaks, secrets, whatever a server may answer: what is too long for `npm test`. */
export default defineConfig({
  resolve: { alias: ALIASES },
  test: {
    include: LONG,
    maxWorkers: 4,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
