export { octostore } from './octostore.js';
export { octostoreElection } from './election/octostore-election.js';
export { createOctoStoreElection } from './election/create-octostore-election.js';
export type { OctoStoreFeatures } from './client/features.js';
export type { OctoStoreOptions } from './client/options.js';
export type { TokenOption } from './wire/token-source.js';
export type { OctoStoreElectionOptions, OctoStoreElectionServer } from './election/election-options.js';
