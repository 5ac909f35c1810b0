export { redis } from './redis.js';
export type { RedisBackend, RedisFeatures } from './redis-backend.js';
export type { Guarding } from './locks/guard.js';
export type { Reply } from './wire/port.js';
export type { PlainBackend } from './plain/plain-backend.js';
export type { PlainFeatures } from './plain/plain-features.js';
export type { QuorumBackend } from './quorum/quorum-backend.js';
export type { PlainRedisOptions, QuorumRedisOptions, RedisOptions } from './client/options.js';
