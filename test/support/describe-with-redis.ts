import { afterAll, afterEach, beforeAll } from 'vitest';
import { findRedis } from '../../scripts/redis.mjs';
import { describeWithProgram } from './describe-with-program.js';
import { RedisServer, type RedisSettings } from './redis-server.js';

/** Why no test with a Redis can run here, and what to do; `undefined` if they can. */
export const REDIS_MISSING =
  findRedis() === undefined ? 'redis-server is not installed; run: node scripts/redis.mjs' : undefined;

/** Whatever a test has started: a server, or several of them. */
interface Stoppable {
  stop(): Promise<void>;
}

/**
 * A `describe` whose tests start real Redis servers, each as many as it likes; see {@link describeWithProgram}.
 *
 * @param tests Gets what starts one. It is stopped after the test.
 */
export function describeWithRedises(
  name: string,
  tests: (start: (settings?: RedisSettings) => Promise<RedisServer>) => void,
): void {
  describeWithProgram(name, REDIS_MISSING, () => {
    const started = new Set<RedisServer>();
    afterEach(async () => {
      const servers = [...started];
      started.clear();
      await Promise.all(servers.map((server) => server.stop()));
    });
    tests(async (settings) => {
      const server = await RedisServer.start(settings);
      started.add(server);
      return server;
    });
  });
}

/**
 * A `describe` whose tests share what is started once for all of them: one Redis, a Cluster, one that Sentinels watch.
 *
 * @param start For example `() => RedisCluster.start()`.
 * @param tests Gets it by a function, as it runs only while the tests do.
 */
export function describeWithSharedRedis<S extends Stoppable>(
  name: string,
  start: () => Promise<S>,
  tests: (shared: () => S) => void,
): void {
  describeWithProgram(name, REDIS_MISSING, () => {
    let shared: S | undefined;
    beforeAll(async () => {
      shared = await start();
    });
    afterAll(async () => {
      await shared?.stop();
    });
    tests(() => {
      if (shared === undefined) throw new Error('the server runs only while tests do');
      return shared;
    });
  });
}

/** As {@link describeWithSharedRedis}, with a single Redis. Tests that use names of their own need not empty it. */
export function describeWithRedis(
  name: string,
  tests: (server: () => RedisServer) => void,
  settings: RedisSettings = {},
): void {
  describeWithSharedRedis(name, () => RedisServer.start(settings), tests);
}
