import { afterAll, describe, it } from 'vitest';
import { redis, type RedisClient, type RedisOptions } from '../../../../src/backends/redis/index.js';
import { describeBackend } from '../../../../src/testing/index.js';
import { describeWithSharedRedis } from '../../../support/describe-with-redis.js';

/** A client of a user, of which the backend makes connections of its own. */
export interface UsersClient {
  readonly client: RedisClient;
  readonly options?: RedisOptions;
  /** Ends it, connected or not. */
  end(): unknown;
}

/**
 * The conformance suite, on real servers.
 *
 * @param name Of what is tried.
 * @param start Starts the servers.
 * @param connect Makes a client for all of them.
 */
export function describeConformance<S extends { stop(): Promise<void> }>(
  name: string,
  start: () => Promise<S>,
  connect: (servers: S) => UsersClient,
): void {
  describeWithSharedRedis(`the conformance suite: ${name}`, start, (servers) => {
    let users: UsersClient | undefined;
    afterAll(() => users?.end());
    describeBackend({
      name: 'redis',
      describe,
      it,
      slow: true,
      factory: () => {
        users ??= connect(servers());
        const { client, options } = users;
        return {
          create: () => redis(client, options),
          createUnreachable: () => redis('redis://127.0.0.1:1', options),
          goodSuffixes: ['-Ünï-名', '/a/b', ':x', '*', ' ', '{a}', '}{', '%7B', ':f', '\\', '[a]', '?'],
          badNames: ['', 'a\tb', 'a\nb', 'a\rb', 'a\0b', 'x'.repeat(513), '\ud800'],
        };
      },
    });
  });
}
