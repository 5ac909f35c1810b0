import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LockValidationError } from '../../contract/errors.js';
import type { DflockdServerOptions } from './options.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Reader = (text: string, flag: string) => DflockdServerOptions;

const AUTO_RELEASE = 'auto-release-on-disconnect';
/** Flags that may stand without a value. */
const SWITCHES = [AUTO_RELEASE, 'debug'];
const YES = new Set(['1', 't', 'true', 'yes']);
const NO = new Set(['0', 'f', 'false', 'no']);

const nothing: Reader = () => ({});

/** By flag: the variable of the environment that stands in for it, and what its value means. */
const FLAGS: Readonly<Record<string, readonly [variable: string, read: Reader]>> = {
  host: ['DFLOCKD_HOST', (host) => ({ host })],
  port: ['DFLOCKD_PORT', (text, flag) => ({ port: whole(text, flag) })],
  'default-lease-ttl': ['DFLOCKD_DEFAULT_LEASE_TTL_S', (text, flag) => ({ defaultLease: seconds(text, flag) })],
  'read-timeout': ['DFLOCKD_READ_TIMEOUT_S', (text, flag) => ({ readTimeout: seconds(text, flag) })],
  'write-timeout': ['DFLOCKD_WRITE_TIMEOUT_S', (text, flag) => ({ writeTimeout: seconds(text, flag) })],
  'gc-max-idle': ['DFLOCKD_GC_MAX_UNUSED_TIME', (text, flag) => ({ idle: seconds(text, flag) })],
  'max-locks': ['DFLOCKD_MAX_LOCKS', (text, flag) => ({ maxLocks: whole(text, flag) })],
  'max-waiters': ['DFLOCKD_MAX_WAITERS', (text, flag) => ({ maxWaiters: whole(text, flag) })],
  'max-connections': ['DFLOCKD_MAX_CONNECTIONS', (text, flag) => ({ maxConnections: whole(text, flag) })],
  'max-per-address': ['DFLOCKD_MAX_PER_ADDRESS', (text, flag) => ({ maxPerAddress: whole(text, flag) })],
  'max-places': ['DFLOCKD_MAX_PLACES', (text, flag) => ({ maxPlaces: whole(text, flag) })],
  'max-listening': ['DFLOCKD_MAX_LISTENING', (text, flag) => ({ maxListening: whole(text, flag) })],
  'max-buffered': ['DFLOCKD_MAX_BUFFERED', (text, flag) => ({ maxBuffered: whole(text, flag) })],
  'max-subscriptions': ['DFLOCKD_MAX_SUBSCRIPTIONS', (text, flag) => ({ maxSubscriptions: whole(text, flag) })],
  [AUTO_RELEASE]: [
    'DFLOCKD_AUTO_RELEASE_ON_DISCONNECT',
    (text, flag) => ({ autoRelease: YES.has(text.toLowerCase()) || (!NO.has(text.toLowerCase()) && refuse(flag)) }),
  ],
  // Nothing here is swept: what is over is over at its time.
  debug: ['DFLOCKD_DEBUG', nothing],
  'lease-sweep-interval': ['DFLOCKD_LEASE_SWEEP_INTERVAL_S', nothing],
  'gc-interval': ['DFLOCKD_GC_LOOP_SLEEP', nothing],
  'shutdown-timeout': ['DFLOCKD_SHUTDOWN_TIMEOUT_S', nothing],
};
const FILES = ['tls-cert', 'tls-key', 'auth-token', 'auth-token-file'] as const;

/**
 * Understands the flags of the real server's command line, and its variables where a flag is missing. Times are whole
 * seconds.
 *
 * @param args Without the names of the program.
 * @throws LockValidationError naming the flag. What the system says if a file cannot be read.
 */
export function dflockdFlags(args: readonly string[], env: Environment = process.env): DflockdServerOptions {
  const given = parse(args);
  const value = (flag: string, variable: string): string | undefined => given[flag] ?? filled(env[variable]);
  const all = Object.entries(FLAGS).map(([flag, [variable, read]]) => {
    const text = value(flag, variable);
    return text === undefined ? {} : read(text, flag);
  });
  const cert = value('tls-cert', 'DFLOCKD_TLS_CERT');
  const key = value('tls-key', 'DFLOCKD_TLS_KEY');
  if ((cert === undefined) !== (key === undefined)) refuse(cert === undefined ? 'tls-cert' : 'tls-key', 'is missing');
  const tls =
    cert === undefined || key === undefined ? {} : { tls: { cert: readFileSync(cert), key: readFileSync(key) } };
  // In this order, so that a token need not be seen in a list of processes.
  const auth =
    filled(env['DFLOCKD_AUTH_TOKEN']) ??
    filled(given['auth-token']) ??
    tokenIn(value('auth-token-file', 'DFLOCKD_AUTH_TOKEN_FILE'));
  return Object.assign({}, ...all, tls, auth === undefined ? {} : { auth }) as DflockdServerOptions;
}

function parse(args: readonly string[]): Readonly<Record<string, string | undefined>> {
  const names = [...Object.keys(FLAGS), ...FILES];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const known = args.map(spelt);
  let parsed;
  try {
    parsed = parseArgs({ args: known, options, allowPositionals: true });
  } catch (error) {
    throw new LockValidationError((error as Error).message, { option: 'flags' });
  }
  // It is not shown: it may be the value of a flag, and a secret.
  if (parsed.positionals.length > 0)
    throw new LockValidationError('there is an argument that is no flag', { option: 'flags' });
  return parsed.values;
}

/** One dash will do, and a switch says `=true`, or `=false` with a `no-` before it. */
function spelt(arg: string): string {
  const [, no, name = ''] = /^--?(no-)?([a-z-]+)$/.exec(arg) ?? [];
  if (SWITCHES.includes(name)) return `--${name}=${String(no === undefined)}`;
  return /^-[a-z]/.test(arg) ? `-${arg}` : arg;
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function tokenIn(file: string | undefined): string | undefined {
  return file === undefined ? undefined : filled(readFileSync(file, 'utf8').trim());
}

function whole(text: string, flag: string): number {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : refuse(flag, 'is a whole number');
}

function seconds(text: string, flag: string): `${number}s` {
  return `${String(whole(text, flag))}s` as `${number}s`;
}

function refuse(flag: string, why = 'is true or false'): never {
  throw new LockValidationError(`--${flag} ${why}`, { option: flag });
}
