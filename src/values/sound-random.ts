import { told } from './told.js';

/**
 * Numbers in [0, 1), whatever their source does: what throws, or says anything else, is left out for a number of the
 * system's own. One that is no number would make a delay of none, and a renewal that never comes.
 */
export function soundRandom(source: () => number): () => number {
  if (source === Math.random) return source;
  return () => {
    const number = told(source);
    // eslint-disable-next-line no-restricted-syntax -- what comes from the runtime is made here
    return number >= 0 && number < 1 ? number : Math.random();
  };
}
