import { fileURLToPath } from 'node:url';

/** What a user imports, by the name of its built file. `package.json` maps the subpaths to these. */
export const ENTRIES = {
  index: 'src/index.ts',
  operators: 'operators/index.ts',
  octostore: 'src/backends/octostore/index.ts',
  // Built in one go with the others: then it shares their chunks, and errors are the same classes on both sides.
  'octostore.browser': 'src/backends/octostore/index.browser.ts',
  'compat-octostore': 'src/compat/octostore/index.ts',
  'compat-octostore.browser': 'src/compat/octostore/index.browser.ts',
  dflockd: 'src/backends/dflockd/index.ts',
  'dflockd.browser': 'src/backends/dflockd/index.browser.ts',
  'compat-dflockd': 'src/compat/dflockd/index.ts',
  redis: 'src/backends/redis/index.ts',
  'redis.browser': 'src/backends/redis/index.browser.ts',
  'compat-redlock': 'src/compat/redlock/index.ts',
  socket: 'src/backends/socket/index.ts',
  'socket.browser': 'src/backends/socket/index.browser.ts',
  server: 'src/server/daemon/index.ts',
  'server.browser': 'src/server/daemon/index.browser.ts',
  otel: 'src/otel/index.ts',
  nestjs: 'src/nestjs/index.ts',
  'node-cron': 'src/node-cron/index.ts',
  threaded: 'src/threaded/index.ts',
  'threaded-worker': 'src/threaded/worker/worker.ts',
  testing: 'src/testing/index.ts',
  auto: 'src/auto.ts',
};

/** The paths of the sources whose exports users get. */
export const ENTRY_FILES = Object.values(ENTRIES).map((path) => fileURLToPath(new URL(`../../${path}`, import.meta.url)));
