import { LockConfigError } from '../../../contract/errors.js';
import { addressOf } from './address-of.js';
import { ioredisOptions, IoredisLink, type IoredisClient } from './ioredis-link.js';
import { LinkPort } from './link-port.js';
import type { OpenLink } from './link.js';
import { NodeRedisLink, nodeRedisOptions, type NodeRedisClient } from './node-redis-link.js';
import type { RedisPort } from './port.js';

/** What a URL says. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  /** A secret. */
  readonly password: string | undefined;
  readonly database: number;
  readonly isTls: boolean;
}

/** The port of what a URL names. The client library is loaded when it connects. */
export function urlPort(url: string): RedisPort {
  const target = read(url);
  return new LinkPort(addressOf(target.host, target.port), (user, isOld) =>
    load(target).then((open) => open(user, isOld)),
  );
}

/** @throws LockConfigError that does not repeat it: there may be a password in it. */
function read(url: string): Target {
  try {
    return parse(new URL(url));
  } catch {
    throw new LockConfigError(
      "the URL of Redis is not 'redis://user:password@host:port/database', or 'rediss://' for TLS, without a query",
      { option: 'client' },
    );
  }
}

function parse({ protocol, hostname, port, username, password, pathname, search, hash }: URL): Target {
  const database = /^\/?(\d{0,5})$/.exec(pathname)?.[1];
  if (!/^rediss?:$/.test(protocol) || hostname === '' || database === undefined || search + hash !== '')
    throw new Error('not a URL of Redis');
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 6379 : Number(port),
    username: username === '' ? undefined : decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
    database: Number(database),
    isTls: protocol === 'rediss:',
  };
}

async function load(target: Target): Promise<OpenLink> {
  const ioredis = await import('ioredis').catch(absent);
  if (ioredis !== undefined) return throughIoredis(ioredis.default as unknown as IoredisClass, target);
  const redis = await import('redis').catch(absent);
  if (redis !== undefined) return throughNodeRedis(redis.createClient as unknown as CreateClient, target);
  throw new LockConfigError(
    "a URL of Redis needs the package 'ioredis' or 'redis', and neither is installed: npm install ioredis",
    { option: 'client' },
  );
}

/** @throws What it is, if it is not that the package is missing. */
function absent(error: unknown): undefined {
  if (!String((error as { code?: unknown }).code).endsWith('MODULE_NOT_FOUND')) throw error;
}

type IoredisClass = new (options: Readonly<Record<string, unknown>>) => IoredisClient;

function throughIoredis(Redis: IoredisClass, { host, port, username, password, database, isTls }: Target): OpenLink {
  const options = { host, port, username, password, db: database, ...(isTls ? { tls: {} } : {}) };
  return (user, isOld) => new IoredisLink(new Redis({ ...options, ...ioredisOptions(isOld) }), user);
}

type CreateClient = (options: Readonly<Record<string, unknown>>) => NodeRedisClient;

function throughNodeRedis(create: CreateClient, { host, port, username, password, database, isTls }: Target): OpenLink {
  const socket = { host, port, ...(isTls ? { tls: true } : {}) };
  // Each has options of its own: the library writes into them.
  return (user, isOld) =>
    new NodeRedisLink(create({ ...nodeRedisOptions(socket, isOld), username, password, database }), user);
}
