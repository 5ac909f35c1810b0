export { OctoStoreClient } from './octo-store-client.browser.js';
export * from './common.js';
