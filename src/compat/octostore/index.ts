export { OctoStoreClient } from './octo-store-client.js';
export * from './common.js';
