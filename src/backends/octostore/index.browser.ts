export { octostore } from './octostore.browser.js';
export { octostoreElection } from './election/octostore-election.browser.js';
export { createOctoStoreElection } from './election/create-octostore-election.browser.js';
export type { OctoStoreFeatures } from './client/features.js';
export type { OctoStoreOptions } from './client/options.js';
export type { TokenOption } from './wire/token-source.js';
export type { OctoStoreElectionOptions, OctoStoreElectionServer } from './election/election-options.js';
