import { defer, from, switchMap, type Observable } from 'rxjs';
import { createLocks } from './locks/create-locks.js';
import { LockConfigError, LockValidationError } from './contract/errors.js';
import type { Locks } from './contract/locks.js';
import { DEFAULT_OPTIONS, parseTtl, resolveOptions } from './core/hold-options.js';
import { environment } from './values/environment.js';
import { show } from './values/show.js';
import type { Duration } from './contract/time.js';
import type { LockBackend } from './contract/backend.js';
import type { MemoryBackend } from './backends/memory/memory-backend.js';
import type { LockEvent } from './contract/lease.js';
import type { LockOptions, LocksOptions } from './contract/options.js';

/** Gets the URL of each server: those of one URL differ in their hosts only. */
type Open = (url: URL, all: readonly URL[]) => Promise<LockBackend>;

/** Where the hosts of a URL of several begin and end. */
const SEVERAL = /^(dflockd:\/\/)([^/?#]*)(.*)$/isu;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

let embedded: MemoryBackend | undefined;

/** Loaded when it is named, so that nobody pays for a backend that is not used. */
const SCHEMES: Readonly<Record<string, Open>> = {
  'memory:': async () => {
    const { MemoryBackend } = await import('./backends/memory/memory-backend.js');
    // One for the process: two that exclude nobody would be a surprise. What was closed stays closed.
    if (embedded === undefined || embedded.isClosed) embedded = new MemoryBackend();
    return embedded;
  },
  'octostore:': async (url) => {
    const { octostore } = await import('rxlock/octostore');
    const scheme = LOOPBACK.test(url.hostname) ? 'http' : 'https';
    // With its query and fragment, which are refused there: they might hold a credential.
    return octostore({
      baseUrl: `${scheme}://${url.host}${url.pathname === '/' ? '' : url.pathname}${url.search}${url.hash}`,
    });
  },
  'dflockd:': async (_, all) => {
    // What else a URL can hold might be meant for a credential.
    if (
      all.some(({ hostname, pathname, search, hash }) => hostname === '' || !/^\/?$/.test(pathname) || search + hash)
    ) {
      throw badUrl(
        `the URL of dflockd's servers is not 'dflockd://host:port', or several 'host:port' with commas between`,
      );
    }
    const { dflockd } = await import('rxlock/dflockd');
    return dflockd({ servers: all.map(({ host }) => host), auth: environment('DFLOCKD_AUTH_TOKEN') });
  },
  'redis:': openRedis,
  'rediss:': openRedis,
  'ws:': openSocket,
  'wss:': openSocket,
};

async function openSocket({ protocol, host, pathname, search, hash }: URL): Promise<LockBackend> {
  if (host === '' || host.includes(',') || search + hash !== '')
    throw badUrl(`the URL of the server is not '${protocol}//host:port', or '${protocol}//host:port/path'`);
  const { socket } = await import('rxlock/socket');
  return socket({ url: `${protocol}//${host}${pathname}`, token: environment('RXLOCK_TOKEN') });
}

async function openRedis({ protocol, host, pathname, search, hash }: URL): Promise<LockBackend> {
  if (host === '' || host.includes(',') || !/^(?:\/\d{0,5})?$/.test(pathname) || search + hash !== '')
    throw badUrl(`the URL of Redis is not '${protocol}//host:port', or '${protocol}//host:port/database'`);
  const { redis } = await import('rxlock/redis');
  const [user, password] = [environment('REDIS_USERNAME'), environment('REDIS_PASSWORD')];
  const [encodedUser, secret] = [user, password].map((text = '') => encodeURIComponent(text));
  const known = user === undefined && password === undefined ? '' : `${encodedUser ?? ''}:${secret ?? ''}@`;
  return redis(`${protocol}//${known}${host}${pathname}`);
}

/**
 * Makes the locks that a URL names.
 *
 * - `memory:` — inside this process;
 * - `octostore://host[:port]` — https, or http for a loopback host. The token comes from `OCTOSTORE_TOKEN`;
 * - `dflockd://host[:port]`, or several with commas between — Node only, and a
 *   `LockConfigError` in a browser. The token, if there is one, comes from
 *   `DFLOCKD_AUTH_TOKEN`;
 * - `redis://host[:port][/database]`, or `rediss://` for TLS — Node only. User and password, if there are any, come from
 *   `REDIS_USERNAME` and `REDIS_PASSWORD`. One of the packages `ioredis` and `redis` must be installed;
 * - `ws://host[:port]`, or `wss://` for TLS — `rxlock serve`; in browsers too. The token, if there is one, comes from
 *   `RXLOCK_TOKEN`.
 *
 * @param url Holds no credentials: they have environment variables of their own.
 * @param options As for `createLocks`.
 * @throws LockConfigError (as a rejection, naming `url`) for a URL that is none, holds credentials, or has another
 * scheme than these; what `createLocks` and the backend throw.
 *
 * @example
 * ```ts
 * import { locksFromUrl } from 'rxlock/auto';
 *
 * const locks = await locksFromUrl(process.env.RXLOCK_URL ?? 'memory:');
 * await locks.using('nightly-report', '30s', async (lease) => console.log(lease.name));
 * await locks.close();
 * ```
 */
export async function locksFromUrl(url: string, options?: LocksOptions): Promise<Locks> {
  return createLocks(await read(url)(), options);
}

/** @returns Connects to what the URL names. */
function read(url: string): () => Promise<LockBackend> {
  if (typeof url !== 'string')
    throw badUrl(`the URL of the lock service, ${show(url)}, is not a string such as 'redis://localhost:6379'`);
  // Several hosts, as some services have them, are no URL, but their scheme tells what is wrong.
  requireScheme(/^[a-z][a-z\d+.-]*:(?=\/\/)/i.exec(url)?.[0].toLowerCase());
  const all = parse(url);
  const [parsed] = all;
  const open = SCHEMES[parsed.protocol];
  if (open === undefined) throw badUrl(unknownScheme());
  return () => open(parsed, all);
}

function parse(url: string): [URL, ...URL[]] {
  // The URL itself is never shown: it may hold a password all the same.
  const [, scheme = '', hosts = '', rest = ''] = SEVERAL.exec(url) ?? [];
  const [first, ...others] = scheme === '' ? [url] : hosts.split(',').map((host) => `${scheme}${host}${rest}`);
  return [parseOne(first ?? url), ...others.map(parseOne)];
}

function parseOne(url: string): URL {
  if (!URL.canParse(url)) {
    throw badUrl(
      `the URL of the lock service is not a URL; write 'ws://host:port', 'redis://host:port', 'octostore://host:port', 'dflockd://host:port' or 'memory:'`,
    );
  }
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') {
    throw badUrl(
      'the URL of the lock service contains credentials; use OCTOSTORE_TOKEN, DFLOCKD_AUTH_TOKEN, RXLOCK_TOKEN, or REDIS_USERNAME and REDIS_PASSWORD instead',
    );
  }
  return parsed;
}

/** @param scheme What stands before `://`. What stands before a colon alone may be a user's name: it is not shown. */
function requireScheme(scheme: string | undefined): void {
  if (scheme !== undefined && !(scheme in SCHEMES)) throw badUrl(unknownScheme(scheme));
}

function unknownScheme(scheme?: string): string {
  const known = Object.keys(SCHEMES).join(', ');
  const shown = scheme === undefined ? '' : ` '${scheme}'`;
  return `the scheme${shown} of the lock service's URL is unknown; there are ${known}`;
}

function badUrl(message: string): LockConfigError {
  return new LockConfigError(message, { option: 'url' });
}

let fromEnvironment: Promise<Locks> | undefined;

function environmentLocks(): Promise<Locks> {
  const url = environment('RXLOCK_URL');
  if (url === undefined) {
    throw badUrl(`RXLOCK_URL is not set; for a backend inside this process, set it to 'memory:'`);
  }
  return (fromEnvironment ??= locksFromUrl(url).catch((error: unknown) => {
    // What cannot be opened is not remembered.
    fromEnvironment = undefined;
    throw error;
  }));
}

/**
 * The stream of a lock of the service that `RXLOCK_URL` names: see `Locks.lock$` and {@link locksFromUrl}. The service is
 * connected to at the first subscription, and shared by all of them.
 *
 * @throws LockValidationError, LockConfigError at the call for what is wrong with any service, and for a variable that is set
 * by then, but names no service. The stream errors with `LockConfigError` if it is not set even then, and with what that
 * service cannot take.
 *
 * @example
 * ```ts
 * import { lock$ } from 'rxlock/auto';
 * import { take } from 'rxjs';
 *
 * process.env.RXLOCK_URL ??= 'memory:';
 * lock$('nightly-report', '30s').pipe(take(1)).subscribe((event) => console.log(event.type)); // acquired
 * ```
 */
export function lock$(name: string, ttl: Duration, options?: LockOptions): Observable<LockEvent> {
  if (typeof name !== 'string' || name === '') {
    throw new LockValidationError('the name is empty or not a string', { option: 'name' });
  }
  parseTtl(ttl);
  if (options !== undefined) resolveOptions(options, DEFAULT_OPTIONS);
  const url = environment('RXLOCK_URL');
  if (url !== undefined) read(url);
  return defer(() => from(environmentLocks())).pipe(switchMap((locks) => locks.lock$(name, ttl, options)));
}
