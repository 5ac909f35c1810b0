import { defineConfig } from 'vitest/config';
import { ALIASES } from './vitest.config.js';

/** The built package in a real browser: `npm run build` comes first. */
export default defineConfig({
  resolve: { alias: ALIASES },
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
