import { DEFAULT_HOST, DEFAULT_PORT } from '../../../backends/dflockd/client/options.js';
import type { Kind } from '../../../backends/dflockd/wire/commands.js';
import { validateConnection, type OpenOptions } from '../channel/open-channel.js';
import type { DistributedOptions } from '../document/options.js';
import { stableHashShard } from '../functions/stable-hash-shard.js';
import { invalid, validateKey, validateLimit, wholeLease, wholeWait } from '../document/validate.js';

const DEFAULT_ACQUIRE_TIMEOUT = 10;
const DEFAULT_RENEW_RATIO = 0.5;

/** {@link DistributedOptions} after validation, with the defaults, in whole seconds. */
export interface Settings extends DistributedOptions {
  readonly acquireTimeoutS: number;
  readonly host: string;
  readonly port: number;
  readonly servers: readonly (readonly [host: string, port: number])[];
  readonly shardingStrategy: (key: string, numServers: number) => number;
  readonly renewRatio: number;
}

/** @throws LockError naming the option. */
export function resolveSettings(options: DistributedOptions, kind: Kind, limit: number | undefined): Settings {
  const { key, acquireTimeoutS = DEFAULT_ACQUIRE_TIMEOUT, leaseTtlS, renewRatio = DEFAULT_RENEW_RATIO } = options;
  const { shardingStrategy = stableHashShard, onLockLost } = options;
  validateKey(key);
  const times = { acquireTimeoutS: wholeWait(acquireTimeoutS, 'acquireTimeoutS'), leaseTtlS: wholeLease(leaseTtlS) };
  if (kind === 's') validateLimit(limit as number);
  if (!(Number.isFinite(renewRatio) && renewRatio > 0 && renewRatio < 1))
    throw invalid('renewRatio', 'renewRatio is not between 0 and 1');
  validateFunction(shardingStrategy, 'shardingStrategy');
  if (onLockLost !== undefined) validateFunction(onLockLost, 'onLockLost');
  const connection = resolveConnection(options);
  const servers = resolveServers(options.servers ?? [[connection.host, connection.port]]);
  return { ...connection, ...times, key, renewRatio, servers, shardingStrategy, onLockLost };
}

/** Each by its name: who has options need not have them as properties of its own. */
function resolveConnection(options: DistributedOptions): OpenOptions & Pick<Settings, 'host' | 'port'> {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, auth, tls } = options;
  const { connectTimeoutMs, socketTimeoutMs, readTimeoutS } = options;
  const connection = { host, port, auth, tls, connectTimeoutMs, socketTimeoutMs, readTimeoutS };
  validateConnection(connection);
  return connection;
}

/** Which server has the key. @throws LockError if the strategy gives none; what the strategy throws. */
export function serverOf({ key, servers, shardingStrategy }: Settings): readonly [host: string, port: number] {
  const index: unknown = shardingStrategy(key, servers.length);
  const server = Number.isInteger(index) ? servers[index as number] : undefined;
  if (server === undefined) throw invalid('shardingStrategy', 'shardingStrategy gave no index of a server');
  return server;
}

function resolveServers(servers: unknown): Settings['servers'] {
  if (!Array.isArray(servers) || servers.length === 0) throw invalid('servers', 'servers is no list of servers');
  return servers.map((server: unknown) => {
    if (!Array.isArray(server)) throw invalid('servers', 'servers has one that is not [host, port]');
    const [host, port] = server as [string, number];
    if (host === undefined || port === undefined) throw invalid('servers', 'servers has one without host or port');
    validateConnection({ host, port });
    return [host, port] as const;
  });
}

function validateFunction(value: unknown, option: string): void {
  if (typeof value !== 'function') throw invalid(option, `${option} is no function`);
}
