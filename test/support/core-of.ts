import { Core } from '../../src/core/core.js';
import type { Locks } from '../../src/contract/locks.js';

/** The core of a `Locks`, which no public member tells: found by its kind, as its name differs in what is built. */
export function coreOf(locks: Locks<unknown>): Core {
  const core = Object.values(locks).find((one) => one instanceof Core);
  if (core === undefined) throw new Error('no core');
  return core;
}
