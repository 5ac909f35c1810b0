export { threaded } from './threaded.js';
export type { ThreadedOptions } from './options.js';
