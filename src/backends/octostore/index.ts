export { octostore } from './octostore.js';
export { octostoreElection } from './election/octostore-election.js';
export { createOctoStoreElection } from './election/create-octostore-election.js';
export type { OctoStoreFeatures } from './features.js';
export type { OctoStoreOptions } from './options.js';
export type { TokenOption } from './token.js';
export type { OctoStoreElectionOptions, OctoStoreElectionServer } from './election/election-options.js';
