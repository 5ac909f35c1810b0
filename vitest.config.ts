import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests that write `rxlock` as a user does get the sources, so that nothing has to be built first. */
export const ALIASES = [
  { find: /^rxlock$/, replacement: source('src/index.ts') },
  { find: /^rxlock\/operators$/, replacement: source('operators/index.ts') },
  { find: /^rxlock\/octostore$/, replacement: source('src/backends/octostore/index.ts') },
  { find: /^rxlock\/compat\/octostore$/, replacement: source('src/compat/octostore/index.ts') },
  { find: /^rxlock\/dflockd$/, replacement: source('src/backends/dflockd/index.ts') },
  { find: /^rxlock\/compat\/dflockd$/, replacement: source('src/compat/dflockd/index.ts') },
  { find: /^rxlock\/redis$/, replacement: source('src/backends/redis/index.ts') },
  { find: /^rxlock\/compat\/redlock$/, replacement: source('src/compat/redlock/index.ts') },
  { find: /^rxlock\/socket$/, replacement: source('src/backends/socket/index.ts') },
  { find: /^rxlock\/server$/, replacement: source('src/server/daemon/index.ts') },
  { find: /^rxlock\/otel$/, replacement: source('src/otel/index.ts') },
  { find: /^rxlock\/nestjs$/, replacement: source('src/nestjs/index.ts') },
  { find: /^rxlock\/node-cron$/, replacement: source('src/node-cron/index.ts') },
  { find: /^rxlock\/threaded$/, replacement: source('src/threaded/index.ts') },
  { find: /^rxlock\/testing$/, replacement: source('src/testing/index.ts') },
  { find: /^rxlock\/auto$/, replacement: source('src/auto.ts') },
];

/** What is too long for `npm test`, which takes about a minute: a hundred thousand inputs, ten thousand cycles. */
export const LONG = [
  'test/whole/leaks/**/*.test.ts',
  'test/whole/fuzz/**/*.test.ts',
  'test/whole/canaries.test.ts',
  'test/project/slim.test.ts',
  'test/whole/properties/search-long.test.ts',
  'test/whole/bad-input/server-answers-*.test.ts',
  'test/backends/octostore/election/conformance.test.ts',
  'test/backends/octostore/election/faults.test.ts',
  'test/compat/octostore/faults.test.ts',
  'test/threaded/conformance.test.ts',
  'test/backends/dflockd/faults.test.ts',
  'test/backends/redis/{conformance-clients,conformance-cluster,histories}.test.ts',
  'test/compat/dflockd/{channel/sockets,functions/scripted,locks/faults,locks/scripted,locks/times,signals/scripted}.test.ts',
  'test/backends/socket/fuzz.test.ts',
  'test/server/dflockd/fuzz.test.ts',
  'test/server/octostore/fuzz.test.ts',
  'test/server/native/fuzz.test.ts',
  'test/server/dflockd/sockets.test.ts',
  'test/server/store/killed.test.ts',
  'test/server/histories-with-crashes.test.ts',
  'test/server/crowds-of-connections.test.ts',
];

export default defineConfig({
  resolve: { alias: ALIASES },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/faults/**', 'test/browser/**', ...LONG],
    // They wait for servers more than they compute: three for each of two cores use those up.
    maxWorkers: Math.max(6, availableParallelism()),
    // Only a bound for what hangs: no test is decided by it, and some compute for seconds on a machine with nothing else to do.
    testTimeout: 60_000,
    hookTimeout: 30_000,
    coverage: {
      include: ['src/**/*.ts', 'operators/**/*.ts'],
      exclude: ['**/index.ts', 'src/contract/lease.ts'],
    },
  },
});

function source(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
