import type { MessagePort } from 'node:worker_threads';
import type {
  AcquireRequest,
  AcquireSignal,
  Bounds,
  Grant,
  LockBackend,
  Released,
  Renewal,
} from '../../contract/backend.js';
import type { LostReason } from '../../contract/lease.js';
import type { LockStatusFields } from '../../values/lock-status.js';
import type { CarriedError } from './carried-error.js';
import type { TableHandle } from './shared-table.js';

/** What the worker is given as it starts. */
export interface Start {
  /** An address, or the name of a package. */
  readonly module: string;
  readonly export: string;
  readonly args: readonly unknown[];
  /** From where packages are looked for. */
  readonly from: string;
  /** Milliseconds; by the ttl if it is absent. */
  readonly stallLimit: number | undefined;
  readonly table: TableHandle;
  readonly port: MessagePort;
  /** Set to 1, and woken, once the first report was sent. */
  readonly ready: SharedArrayBuffer;
}

/** What is known of the backend that runs in the worker. */
export interface Description extends Pick<LockBackend, 'name' | 'features' | 'ttl'> {
  /** The optional methods that it has. */
  readonly has: readonly string[];
}

/** Whom a grant is to the main thread. */
export interface GrantCopy {
  readonly id: number;
  /** In the shared table. */
  readonly place: number;
  readonly grant: Grant;
}

/** What is asked. Grants are known by their ids. */
export type ThreadQuestion =
  | { readonly of: 'acquire'; readonly request: Omit<AcquireRequest, 'stray'> }
  | { readonly of: 'renew'; readonly ids: readonly number[]; readonly ttls: readonly number[] }
  | { readonly of: 'release'; readonly ids: readonly number[]; readonly keepFor: readonly number[] }
  | { readonly of: 'watch'; readonly name: string }
  | { readonly of: 'status'; readonly name: string }
  | { readonly of: 'revoke'; readonly name: string }
  | { readonly of: 'list'; readonly prefix: string | undefined }
  | { readonly of: 'ping' };

/** What is answered to it. `sentAt`s are in common time. */
export interface Answers {
  readonly acquire:
    | Exclude<AcquireSignal, { readonly type: 'granted' }>
    | ({ readonly type: 'granted'; readonly bounds: Bounds; readonly confirm: boolean } & GrantCopy);
  readonly renew: Carried<Renewal>;
  readonly release: Carried<Released>;
  readonly watch: LockStatusFields;
  readonly status: LockStatusFields;
  readonly revoke: undefined;
  readonly list: readonly LockStatusFields[];
  readonly ping: undefined;
}

/** With a cause that can be sent. */
export type Carried<T> = T extends { readonly cause?: unknown }
  ? Omit<T, 'cause'> & { readonly cause?: CarriedError }
  : T;

/** From the main thread to the worker. `call` is the number of a question. */
export type ThreadOrder =
  | { readonly do: 'ask'; readonly call: number; readonly question: ThreadQuestion }
  | { readonly do: 'leave'; readonly call: number }
  | { readonly do: 'close' };

/** From the worker to the main thread. */
export type Report =
  | { readonly say: 'ready'; readonly description: Description }
  | { readonly say: 'failed'; readonly error: CarriedError | undefined }
  /** The table has got a page. */
  | { readonly say: 'page'; readonly page: SharedArrayBuffer }
  | { readonly say: 'next'; readonly call: number; readonly value: Answers[keyof Answers] }
  | { readonly say: 'error'; readonly call: number; readonly error: CarriedError | undefined }
  | { readonly say: 'complete'; readonly call: number }
  | ({ readonly say: 'stray'; readonly call: number } & GrantCopy)
  /** Nothing will be granted any more to a call that was left. */
  | { readonly say: 'settled'; readonly call: number }
  | {
      readonly say: 'lost';
      readonly ids: readonly number[];
      readonly reason: LostReason;
      readonly cause?: CarriedError;
    }
  | { readonly say: 'closed' };
