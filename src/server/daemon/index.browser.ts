export { createLockServer } from './create-lock-server.browser.js';
export type { ServerAddress } from './address.js';
export type { ListeningAt, LockServer, LockServerStats } from './lock-server.js';
export type { EphemeralOptions, LockServerOptions, ServerLogEntry, TlsFiles, TlsPem, Where } from './options.js';
export type { PortName } from './settings.js';
export type { LimitOptions } from '../limits.js';
export type { LogFields, LogLevel } from '../server-log.js';
