export { redis } from './redis.browser.js';
export type { RedisBackend, RedisFeatures } from './redis-backend.js';
export type { RedisOptions } from './client/options.js';
