import type { LockBackend } from '../../contract/backend.js';

/** What `rxlock serve` can do: everything; one that keeps nothing on disk has no fencing tokens. */
export interface SocketFeatures<Fencing extends boolean = true> {
  readonly fencing: Fencing;
  readonly fifo: true;
  readonly push: true;
  readonly semaphore: true;
  readonly permits: true;
  readonly shared: true;
  readonly metadata: true;
  readonly minHold: true;
}

/** What {@link socket} makes: a backend for `createLocks`. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- an editor shows its name
export interface SocketBackend<Fencing extends boolean = true> extends LockBackend<SocketFeatures<Fencing>> {}
