import { describeWithProgram } from '../../support/describe-with-program.js';
import { REDIS_MISSING } from '../../support/describe-with-redis.js';
import type { RedisSettings } from '../../support/redis-server.js';
import { ClusterRedis, SentinelRedis, SingleRedis, type HolderClient } from './redis-place.js';
import { RedisStage } from './redis-stage.js';
import { declareRows, type DeclareRow, type RowOptions } from './rows.js';

/** What a row may need. */
export interface RedisRowOptions extends RowOptions {
  readonly server?: RedisSettings;
  /** `'ioredis'` by default. */
  readonly client?: HolderClient;
}

/** Rows of the table of faults, each on a Redis of its own. */
export function redisRows(group: string, declare: (row: DeclareRow<RedisStage, RedisRowOptions>) => void): void {
  describeWithProgram(group, REDIS_MISSING, () => {
    declareRows(async (options) => new RedisStage(await SingleRedis.start(options?.server, options?.client)), declare);
  });
}

/** As {@link redisRows}, on a Redis that Sentinels watch. */
export function sentinelRows(
  group: string,
  declare: (row: DeclareRow<RedisStage<SentinelRedis>, RedisRowOptions>) => void,
): void {
  describeWithProgram(group, REDIS_MISSING, () => {
    declareRows(async (options) => new RedisStage(await SentinelRedis.start(options?.server)), declare);
  });
}

/** As {@link redisRows}, on a Cluster. */
export function clusterRows(group: string, declare: (row: DeclareRow<RedisStage<ClusterRedis>>) => void): void {
  describeWithProgram(group, REDIS_MISSING, () => {
    declareRows(async () => new RedisStage(await ClusterRedis.start()), declare);
  });
}
