/** What the client for Node and the one for browsers have in common: all but the client itself. */
export {
  AuthenticationError,
  LockError,
  LockHeldError,
  NetworkError,
  OctoStoreError,
  ValidationError,
  type OctoStoreErrorOptions,
} from './document/errors.js';
export type { OctoStoreClientOptions } from './document/options.js';
export type {
  AcquireLockOptions,
  AcquireResult,
  CallOptions,
  LockInfo,
  LockOptions,
  RenewResult,
  TokenInfo,
  UserLock,
} from './document/types.js';
