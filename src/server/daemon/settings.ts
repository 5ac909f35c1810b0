import { LockConfigError } from '../../contract/errors.js';
import { parseDuration } from '../../values/duration.js';
import { invalid } from '../../values/invalid.js';
import { refuseUnknown } from '../../values/refuse-unknown.js';
import { checkLimits, type Limits } from '../limits.js';
import { requireOrigins } from '../net/origins.js';
import { LOG_LEVELS, type LogLevel } from '../server-log.js';
import { isLoopback } from '../net/is-loopback.js';
import { readAddress, showAddress, type Endpoint } from './address.js';
import { KNOWN_OPTIONS } from './known-options.js';
import type { LockServerOptions, Where } from './options.js';

/** What a server listens for. */
export type PortName = 'ws' | 'http' | 'dflockd' | 'metrics';

/** The options, checked. Times are milliseconds. */
export interface ServerSettings {
  /** Only those that are on. */
  readonly ports: ReadonlyMap<PortName, Endpoint>;
  /** Is `/metrics` told, and `/health` where nobody else tells it? */
  readonly hasMetrics: boolean;
  readonly maxTtl: number;
  readonly lockDelay: number;
  /** Where it keeps what is locked; undefined: nowhere. */
  readonly data: string | undefined;
  readonly opensAfter: number;
  readonly fencing: boolean;
  readonly limits: Limits;
  readonly logLevel: LogLevel;
}

const PORTS: readonly PortName[] = ['ws', 'http', 'dflockd', 'metrics'];
/** At least one of these is on. */
const FRONTS: readonly PortName[] = ['ws', 'http', 'dflockd'];
/** A lock is held for no less. */
const MIN_TTL = 1000;

/** @throws LockValidationError naming the option; LockConfigError for a public address without what it needs. */
export function checkServerOptions(options: LockServerOptions): ServerSettings {
  refuseUnknown(options, KNOWN_OPTIONS);
  const ports = portsOf(options);
  requireProtection(options, ports);
  const { log, logLevel = 'info', insecure, origins = [] } = options;
  if (log !== undefined && typeof log !== 'function') throw invalid('log', 'is a function');
  requireOrigins(origins);
  requireSurroundings(options);
  if (!LOG_LEVELS.includes(logLevel)) throw invalid('logLevel', `is one of ${LOG_LEVELS.join(', ')}`);
  if (insecure !== undefined && typeof insecure !== 'boolean') throw invalid('insecure', 'is true or false');
  const maxTtl = parseDuration(options.maxTtl ?? '1h', 'maxTtl');
  if (maxTtl < MIN_TTL) throw invalid('maxTtl', 'is 1 s or more');
  const lockDelay = parseDuration(options.lockDelay ?? 0, 'lockDelay');
  const { data } = options;
  const { wait, fencing } = data === undefined ? ephemeralOf(options) : lasting(options);
  return {
    ports,
    hasMetrics: options.metrics !== false,
    maxTtl,
    lockDelay,
    data,
    opensAfter: wait ? maxTtl : 0,
    fencing,
    limits: checkLimits(options.limits),
    logLevel,
  };
}

/** What it counts, waits and guesses by: a server that began with something else would fail at its first client. */
function requireSurroundings({ clock, scheduler, randomBytes }: LockServerOptions): void {
  if (clock !== undefined && typeof clock?.monotonic !== 'function') throw invalid('clock', 'has a function monotonic');
  if (scheduler !== undefined && typeof scheduler?.schedule !== 'function') {
    throw invalid('scheduler', 'is not a scheduler');
  }
  if (randomBytes !== undefined && typeof randomBytes !== 'function') throw invalid('randomBytes', 'is a function');
}

/** How a start differs from one that knows all of before. */
interface Forgetting {
  readonly wait: boolean;
  readonly fencing: boolean;
}

function lasting({ data, ephemeral }: LockServerOptions): Forgetting {
  if (typeof data !== 'string' || data === '') throw invalid('data', 'is the path of a directory');
  if (ephemeral !== undefined && ephemeral !== false) {
    throw new LockConfigError('data and ephemeral cannot go together: one keeps what is locked, the other nothing', {
      option: 'data',
    });
  }
  return { wait: false, fencing: true };
}

function ephemeralOf({ ephemeral }: LockServerOptions): Forgetting {
  if (ephemeral === true) return { wait: true, fencing: false };
  if (typeof ephemeral !== 'object' || ephemeral === null) {
    throw new LockConfigError('data must be a directory for what is locked; or ephemeral: true, to keep nothing', {
      option: 'data',
    });
  }
  refuseUnknown(ephemeral, new Set(['wait', 'fencing']), 'ephemeral.');
  for (const name of ['wait', 'fencing'] as const) {
    const value = ephemeral[name];
    if (value !== undefined && typeof value !== 'boolean') throw invalid(`ephemeral.${name}`, 'is true or false');
  }
  return { wait: ephemeral.wait ?? true, fencing: ephemeral.fencing ?? false };
}

function portsOf(options: LockServerOptions): ReadonlyMap<PortName, Endpoint> {
  const ports = new Map<PortName, Endpoint>();
  for (const name of PORTS) {
    const where: Where | true | undefined = options[name];
    if (where !== undefined && typeof where !== 'boolean') ports.set(name, readAddress(where, name));
  }
  if (!FRONTS.some((name) => ports.has(name))) {
    throw new LockConfigError(`a server needs at least one of ${FRONTS.join(', ')}`);
  }
  return ports;
}

/** Whoever can be reached by strangers asks who they are, and lets nobody listen. */
function requireProtection(options: LockServerOptions, ports: ReadonlyMap<PortName, Endpoint>): void {
  const { tls, tokens, tokenFile, insecure } = options;
  for (const [name, address] of ports) {
    if (isLoopback(address.host)) continue;
    const where = `${name} at ${showAddress(address)} can be reached from other machines`;
    if (tokens === undefined && tokenFile === undefined) {
      throw new LockConfigError(
        `${where}: it needs tokens (option tokenFile or tokens), or an address like 127.0.0.1`,
        {
          option: 'tokens',
        },
      );
    }
    if (tls === undefined && insecure !== true) {
      throw new LockConfigError(
        `${where}, and its tokens could be read on the way: it needs a certificate (option tls), or insecure if something in front of it speaks TLS`,
        { option: 'insecure' },
      );
    }
  }
}
