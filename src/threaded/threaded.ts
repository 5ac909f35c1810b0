import type { Features, LockBackend } from '../contract/backend.js';
import { resolveThreadSettings } from './main/thread-settings.js';
import { startThread } from './main/thread.js';
import { threadedBackend } from './main/threaded-backend.js';
import type { ThreadedOptions } from './options.js';

/** A function that makes a backend. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever it takes: its parameters are inferred
export type MakeBackend = (...args: any[]) => LockBackend | Promise<LockBackend>;
/** What a service can do whose backend is made by a function. */
export type FeaturesOf<M extends MakeBackend> =
  Awaited<ReturnType<M>> extends LockBackend<infer F extends Features> ? F : Features;

/**
 * Runs a backend in a worker thread, which goes on renewing while the main thread is blocked by its own work.
 *
 * The main thread renews as ever. When its loop stands still, the worker renews in its place, and what the service
 * confirmed meanwhile is read from shared memory: `isHeld` and every gate know it at once.
 *
 * Starts the worker, and waits some tenths of a second for it: call it once, when the program starts. Names are checked by
 * the worker, so a bad one is an error of the stream. `close()` ends the worker.
 *
 * @param options `module` and `export`: where the function is that makes the backend; `args`: what that is given (`[]`);
 * `stallLimit`: how long the main thread may stand still (10 × ttl, at least a minute); `worker`: for bundles.
 * @returns A backend for `createLocks`, in real time only.
 * @throws LockValidationError naming the option. LockConfigError if the module, the export or the worker's file is not there,
 * or if an argument cannot be handed to another thread. What the function throws.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import type { octostore } from 'rxlock/octostore';
 * import { threaded } from 'rxlock/threaded';
 *
 * const backend = threaded<typeof octostore>({
 *   module: 'rxlock/octostore',
 *   export: 'octostore',
 *   args: [{ token: process.env.OCTOSTORE_TOKEN }],
 * });
 * const locks = createLocks(backend);
 * await locks.using('nightly-report', '30s', async (lease) => console.log(`fenced by ${lease.fencingToken}`));
 * await locks.close();
 * ```
 */
export function threaded<M extends MakeBackend = MakeBackend>(
  options: ThreadedOptions<Readonly<Parameters<M>>>,
): LockBackend<FeaturesOf<M>> {
  // What it can do was read from the very backend that the types are of.
  return threadedBackend(startThread(resolveThreadSettings(options))) as LockBackend<FeaturesOf<M>>;
}
