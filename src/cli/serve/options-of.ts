import { join } from 'node:path';
import type { LockServerOptions } from 'rxlock/server';
import { say } from '../say.js';
import type { Surroundings } from '../surroundings.js';
import { UsageError } from '../usage-error.js';
import { lineOf } from './line-of.js';
import type { ServeFlags } from './serve-flags.js';

/** RXLO on a telephone. */
const DEFAULT_PORT = '7956';
/** What no flag says, as all users of a machine see those. */
export const TOKENS_VARIABLE = 'RXLOCK_TOKENS';

/** @throws UsageError for flags that do not go together. */
export function optionsOf(flags: ServeFlags, { env, stderr }: Surroundings): LockServerOptions {
  const { ws, http, dflockd, dialect, metrics, tokenFile, origin, insecure, ephemeral, maxTtl, lockDelay, logLevel } =
    flags;
  const byDefault = (ws ?? http ?? dflockd) === undefined ? DEFAULT_PORT : undefined;
  const tokens = tokensIn(env[TOKENS_VARIABLE]);
  return {
    ws: ws ?? byDefault,
    http: http ?? byDefault,
    dflockd,
    dialect,
    origins: origin,
    metrics,
    tls: tlsOf(flags),
    tokens,
    tokenFile,
    insecure,
    ephemeral,
    data: dataOf(flags, env),
    maxTtl,
    lockDelay,
    limits: limitsOf(flags),
    ...(logLevel !== 'silent' && {
      logLevel,
      log: (entry) => {
        say(stderr, `${lineOf(entry)}\n`);
      },
    }),
  };
}

/** Where it keeps what is locked, if nobody says anything else: where services and users have such things. */
function dataOf({ data, ephemeral }: ServeFlags, env: Surroundings['env']): string | undefined {
  if (data !== undefined && ephemeral === true)
    throw new UsageError('--data and --ephemeral cannot go together: one keeps what is locked, the other nothing');
  if (data !== undefined || ephemeral === true) return data;
  const [service] = (env['STATE_DIRECTORY'] ?? '').split(':');
  if (service) return service;
  const { XDG_STATE_HOME, HOME } = env;
  if (XDG_STATE_HOME?.startsWith('/')) return join(XDG_STATE_HOME, 'rxlock');
  if (!HOME)
    throw new UsageError('--data DIR is missing, in which it keeps what is locked; or --ephemeral, to keep nothing');
  return join(HOME, '.local/state/rxlock');
}

function limitsOf(flags: ServeFlags): NonNullable<LockServerOptions['limits']> {
  return {
    frame: flags.maxFrame,
    bufferedPerClient: flags.maxBufferedPerClient,
    buffered: flags.maxBuffered,
    connections: flags.maxConnections,
    connectionsPerAddress: flags.maxConnectionsPerAddress,
    locks: flags.maxLocks,
    waiters: flags.maxWaiters,
    places: flags.maxPlaces,
    watches: flags.maxWatches,
    operationsPerSecond: flags.maxOperations,
    electionsPerMinute: flags.maxElectionsPerMinute,
    handshakeTime: flags.handshakeTime,
    headerTime: flags.headerTime,
    requestTime: flags.requestTime,
    stallTime: flags.stallTime,
  };
}

function tlsOf({ tlsCert, tlsKey }: ServeFlags): LockServerOptions['tls'] {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError(
      `--tls-cert and --tls-key go together: ${tlsCert === undefined ? '--tls-cert' : '--tls-key'} is missing`,
    );
  }
  return { certFile: tlsCert, keyFile: tlsKey };
}

/** `user:token,user:token`. What is wrong is not shown. */
function tokensIn(text: string | undefined): LockServerOptions['tokens'] {
  if (text === undefined) return undefined;
  const tokens: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const pair of text.split(',')) {
    const at = pair.indexOf(':');
    if (at <= 0) throw new UsageError('RXLOCK_TOKENS is user:token, or several with commas between');
    (tokens[pair.slice(0, at).trim()] ??= []).push(pair.slice(at + 1).trim());
  }
  return tokens;
}
