// The smallest program that has a lock: what it takes of the package is what a user's bundle has of it.
export { createLocks, memory } from '../../dist/index.js';
export { usingLock } from '../../dist/operators.js';
