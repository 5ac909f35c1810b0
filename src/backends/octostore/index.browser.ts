export { octostore } from './octostore.browser.js';
export type { OctoStoreFeatures } from './backend.js';
export type { OctoStoreOptions } from './options.js';
export type { TokenOption } from './token.js';
