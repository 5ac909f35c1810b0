import { DEFAULT_HOST, DEFAULT_PORT } from '../../../backends/dflockd/client/options.js';
import type { Kind } from '../../../backends/dflockd/wire/commands.js';
import { validateConnection } from '../channel/open-channel.js';
import type { DistributedOptions } from '../document/options.js';
import { stableHashShard } from '../functions/stable-hash-shard.js';
import { invalid, validateKey, validateLease, validateLimit, validateWait } from '../document/validate.js';

const DEFAULT_ACQUIRE_TIMEOUT = 10;
const DEFAULT_RENEW_RATIO = 0.5;

/** {@link DistributedOptions} after validation, with the defaults. */
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
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, shardingStrategy = stableHashShard, onLockLost } = options;
  validateKey(key);
  validateWait(acquireTimeoutS, 'acquireTimeoutS');
  validateLease(leaseTtlS);
  if (kind === 's') validateLimit(limit as number);
  if (!(Number.isFinite(renewRatio) && renewRatio > 0 && renewRatio < 1))
    throw invalid('renewRatio', 'renewRatio is not between 0 and 1');
  validateFunction(shardingStrategy, 'shardingStrategy');
  if (onLockLost !== undefined) validateFunction(onLockLost, 'onLockLost');
  validateConnection({ ...options, host, port });
  const servers = resolveServers(options.servers ?? [[host, port]]);
  return { ...options, acquireTimeoutS, renewRatio, host, port, servers, shardingStrategy };
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
