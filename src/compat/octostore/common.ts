/** What the client for Node and the one for browsers have in common: all but the client itself. */
export {
  AuthenticationError,
  LockError,
  LockHeldError,
  NetworkError,
  OctoStoreError,
  ValidationError,
  type OctoStoreErrorOptions,
} from './errors.js';
export type { OctoStoreClientOptions } from './options.js';
export type {
  AcquireLockOptions,
  AcquireResult,
  CallOptions,
  LockInfo,
  LockOptions,
  RenewResult,
  TokenInfo,
  UserLock,
} from './types.js';
