import type { LockServerOptions } from './options.js';

/** By the compiler, all that there are. */
export const KNOWN_OPTIONS: ReadonlySet<string> = new Set(
  Object.keys({
    ws: 0,
    http: 0,
    dflockd: 0,
    metrics: 0,
    tls: 0,
    tokens: 0,
    tokenFile: 0,
    origins: 0,
    dialect: 0,
    insecure: 0,
    data: 0,
    ephemeral: 0,
    maxTtl: 0,
    lockDelay: 0,
    limits: 0,
    log: 0,
    logLevel: 0,
    clock: 0,
    scheduler: 0,
    randomBytes: 0,
  } satisfies Record<keyof LockServerOptions, 0>),
);
