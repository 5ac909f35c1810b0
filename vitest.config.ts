import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests that write `rxlock` as a user does get the sources, so that nothing has to be built first. */
export const ALIASES = [
  { find: /^rxlock$/, replacement: source('src/index.ts') },
  { find: /^rxlock\/operators$/, replacement: source('operators/index.ts') },
  { find: /^rxlock\/octostore$/, replacement: source('src/backends/octostore/index.ts') },
  { find: /^rxlock\/testing$/, replacement: source('src/testing/index.ts') },
  { find: /^rxlock\/auto$/, replacement: source('src/auto.ts') },
];

export default defineConfig({
  resolve: { alias: ALIASES },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/faults/**'],
    // They wait for servers more than they compute: twice as many as cores halve the time.
    maxWorkers: Math.max(4, availableParallelism()),
    // Only a bound for what hangs: no test is decided by it.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    coverage: {
      include: ['src/**/*.ts', 'operators/**/*.ts'],
      exclude: ['**/index.ts', 'src/types.ts'],
    },
  },
});

function source(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
