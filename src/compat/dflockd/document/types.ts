import type { ConnectionOptions } from 'node:tls';

/** What a lock that was granted is known by. */
export interface AcquireResult {
  /** For `renew` and `release`. A credential: whoever has it can release the lock. */
  token: string;
  /** Seconds. */
  lease: number;
}

/** What `enqueue` gives: `token` and `lease` are null while it is queued. */
export interface EnqueueResult {
  status: 'acquired' | 'queued';
  /** A credential: whoever has it can release the lock. */
  token: string | null;
  /** Seconds. */
  lease: number | null;
}

/** What all that opens a connection may be told. */
export interface ConnectOptions {
  /** `'127.0.0.1'` by default. */
  host?: string | undefined;
  /** 6388 by default. */
  port?: number | undefined;
  /** TLS, 1.2 or newer: `true`, or Node's options for it. None by default. */
  tls?: boolean | ConnectionOptions | undefined;
  /** The server's auth token. None by default. */
  auth?: string | undefined;
  /** How long connecting may take, in milliseconds; 0: no limit. 30000 by default. */
  connectTimeoutMs?: number | undefined;
}

/** A lock, as `stats` tells of it. */
export interface LockStats {
  key: string;
  owner_conn_id: number;
  lease_expires_in_s: number;
  waiters: number;
}

/** A semaphore, as `stats` tells of it. */
export interface SemaphoreStats {
  key: string;
  limit: number;
  holders: number;
  waiters: number;
}

/** A key that nobody holds, but that the server remembers. */
export interface IdleStats {
  key: string;
  idle_s: number;
}

/** What `stats` gives. */
export interface Stats {
  connections: number;
  locks: LockStats[];
  semaphores: SemaphoreStats[];
  idle_locks: IdleStats[];
  idle_semaphores: IdleStats[];
}

/** What a listener of signals gets. */
export interface Signal {
  channel: string;
  payload: string;
}
