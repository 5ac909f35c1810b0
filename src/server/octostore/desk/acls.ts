import type { Records } from '../../records.js';
import { ApiError } from '../wire/api-error.js';
import { digestTextOf } from './digest.js';
import { FRONT } from './octostore-place.js';

const MAX_PRINCIPALS = 100;
const MAX_PRINCIPAL = 256;
const USER = /^user:[A-Za-z\d-]{1,64}$/;
const TOKEN = 'token:';
const PREFIX = 'acl/';
const RETRY_AFTER = 60_000;

/** Who asks, as a list of who may acquire names him. */
export interface Caller {
  readonly name: string;
  readonly token: string | undefined;
}

/** Who may acquire which lock. A list stays when the lock has ended. Of tokens in it only the digests are kept. */
export class Acls {
  private readonly lists = new Map<string, readonly string[]>();

  /** @param max How many names may have one. */
  constructor(
    private readonly records: Records,
    private readonly max: number,
  ) {}

  /** Those of before a start. To be called once, as the first thing. */
  restore(): void {
    for (const [key, value] of this.records.notes(FRONT)) {
      if (key.startsWith(PREFIX)) this.lists.set(key.slice(PREFIX.length), value as readonly string[]);
    }
  }

  /** As it may be shown: without what is of a token. */
  shown(name: string): readonly string[] | undefined {
    return this.lists.get(name)?.map((principal) => (principal.startsWith(TOKEN) ? `${TOKEN}[redacted]` : principal));
  }

  /**
   * May he acquire it? And if a list comes with the ask, is it the one that is there?
   *
   * @param wanted As {@link readAcl} made it.
   * @throws ApiError if not.
   */
  require(name: string, caller: Caller, wanted: readonly string[] | undefined): void {
    const existing = this.lists.get(name);
    if (existing !== undefined && wanted !== undefined && existing.join('\n') !== wanted.join('\n')) {
      throw new ApiError('conflict', 'Conflict: ACL already exists; update with PUT /locks/{name}/acl');
    }
    const list = existing ?? wanted;
    if (list !== undefined && !list.some((principal) => isNamed(principal, caller))) {
      throw new ApiError('forbidden', 'Forbidden: caller is not allowed to acquire this lock');
    }
    if (existing === undefined && wanted !== undefined && this.lists.size >= this.max) {
      throw new ApiError('capacity', 'Capacity exceeded: too many ACLs', { retryAfter: RETRY_AFTER });
    }
  }

  /** @param list As {@link readAcl} made it. */
  put(name: string, list: readonly string[]): void {
    this.lists.set(name, list);
    this.records.put(FRONT, PREFIX + name, list);
  }

  delete(name: string): void {
    this.lists.delete(name);
    this.records.delete(FRONT, PREFIX + name);
  }
}

/**
 * A list as it is kept.
 *
 * @throws ApiError if it is none.
 */
export function readAcl(given: readonly string[]): readonly string[] {
  if (given.length === 0) throw bad('acl.acquire must not be empty');
  if (given.length > MAX_PRINCIPALS) throw bad('acl.acquire cannot contain more than 100 principals');
  return [...new Set(given.map(readPrincipal))].sort();
}

function readPrincipal(given: string): string {
  const principal = given.trim();
  if (Buffer.byteLength(principal) > MAX_PRINCIPAL) throw bad('acl principals cannot exceed 256 characters');
  if (USER.test(principal)) return principal.toLowerCase();
  if (principal.startsWith(TOKEN) && principal.length > TOKEN.length) {
    return TOKEN + digestTextOf(principal.slice(TOKEN.length));
  }
  throw bad('acl principals must use user:<github_username> or token:<token>');
}

function isNamed(principal: string, { name, token }: Caller): boolean {
  if (!principal.startsWith(TOKEN)) return principal === `user:${name.toLowerCase()}`;
  return token !== undefined && principal === TOKEN + digestTextOf(token);
}

function bad(problem: string): ApiError {
  return new ApiError('input', `Invalid input: ${problem}`);
}
