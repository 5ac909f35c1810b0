export { octostore } from './octostore.browser.js';
export { octostoreElection } from './election/octostore-election.browser.js';
export { createOctoStoreElection } from './election/create-octostore-election.browser.js';
export type { OctoStoreFeatures } from './features.js';
export type { OctoStoreOptions } from './options.js';
export type { TokenOption } from './token.js';
export type { OctoStoreElectionOptions, OctoStoreElectionServer } from './election/election-options.js';
