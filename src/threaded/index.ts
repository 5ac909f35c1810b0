export { threaded, type FeaturesOf, type MakeBackend } from './threaded.js';
export type { ThreadedOptions } from './options.js';
