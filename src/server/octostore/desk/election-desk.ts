import { randomBytes } from 'node:crypto';
import type { EndReason } from '../../../table/place.js';
import type { ServerTable } from '../../../table/server-table.js';
import type { RestoredPlace } from '../../records.js';
import { grantStored } from '../../grant-stored.js';
import { isFull } from '../../is-full.js';
import type { ServerCore } from '../../server-core.js';
import { utf8Length } from '../../../values/utf8-length.js';
import { ServerSession } from '../../session.js';
import { ApiError } from '../wire/api-error.js';
import { fullError } from '../wire/full-error.js';
import { storageError } from '../wire/storage-error.js';
import { digestTextOf } from './digest.js';
import { ElectionPlace, type MandateRecord } from './election-place.js';
import type { Answered } from './lease-desk.js';
import { ELECTION_PREFIX } from './lock-name.js';

const TOKEN_BYTES = 32;
const ID_BYTES = 24;
const ID = /^[\w-]*$/;
const CANDIDATE = /^[\w.:@-]*$/;
const RETRY_AFTER = 30_000;

/** Who leads. */
export interface Leader {
  readonly candidate: string;
  readonly metadata: string | undefined;
  readonly term: number;
  /** When it ends, on the monotonic clock. */
  readonly due: number;
}

/** What comes of a campaign. */
export type CampaignAnswer =
  | { readonly status: 'leader'; readonly leader: Leader; readonly token: string }
  | { readonly status: 'follower'; readonly leader: Leader };

/** Elections, each of which is a lock that nobody can ask for by its name over HTTP. Nobody needs an account for them. */
export class ElectionDesk {
  private readonly mandates = new Map<string, ElectionPlace>();
  private readonly owner = new ServerSession();
  private readonly table: ServerTable;
  private readonly onTaken = (place: ElectionPlace, reason: EndReason): void => {
    this.forget(place);
    this.onEnded(place.name, reason);
  };

  /**
   * @param max How many there may be that have a leader.
   * @param places How many locks there may be in all.
   * @param onEnded Called when the table has taken a leadership away.
   */
  constructor(
    private readonly core: ServerCore,
    private readonly max: number,
    private readonly places: number,
    private readonly onEnded: (name: string, reason: EndReason) => void,
  ) {
    this.table = core.table;
  }

  /** One of before a start: for its full ttl from now. */
  restore({ ask, data, token }: RestoredPlace): void {
    const place = new ElectionPlace(ask, this.owner, (data as MandateRecord).digest, this.onTaken);
    this.table.restore(place, token);
    this.seat(place);
  }

  /** An id that nobody else has. */
  newId(): string {
    return randomBytes(ID_BYTES).toString('base64url');
  }

  /** @param ttl Milliseconds. */
  campaign(
    id: string,
    candidate: string,
    ttl: number,
    metadata: string | undefined,
    done: Answered<CampaignAnswer>,
  ): void {
    const name = nameOf(id);
    const current = this.leader(id);
    if (current !== undefined) {
      done({ status: 'follower', leader: current });
      return;
    }
    const { failure: trouble } = this.core.records;
    if (this.table.isShut) throw new ApiError('closing', 'Upstream service unavailable: the server is about to stop');
    if (trouble !== undefined) throw storageError(trouble);
    if (this.mandates.size >= this.max) {
      throw new ApiError('capacity', 'Capacity exceeded: Public election capacity reached; retry later', {
        retryAfter: RETRY_AFTER,
      });
    }
    if (isFull(this.table, this.places)) throw fullError();
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const ask = { name, ttl, holder: candidate, metadata };
    const place = new ElectionPlace(ask, this.owner, digestTextOf(token), this.onTaken);
    if (this.table.acquire(place, false) !== 'granted') {
      // The server has only just started, or somebody is next for it over another protocol.
      const { opensAt } = this.table;
      const retryAfter = opensAt === -Infinity ? 1 : opensAt - this.core.now();
      throw new ApiError('capacity', 'Capacity exceeded: nobody may lead yet', { retryAfter });
    }
    this.seat(place);
    grantStored(this.core, place, (outcome) => {
      if (outcome instanceof Error) this.give(place);
      done(outcome === 'held' ? { status: 'leader', leader: leaderOf(place), token } : storageError(outcome));
    });
  }

  /** @param ttl Milliseconds. @throws ApiError if this token does not lead. */
  renew(id: string, token: string, ttl: number, done: Answered<Leader>): void {
    const place = this.require(id, token);
    this.table.renew(place, ttl);
    this.core.records.whenStored((failure) => {
      if (failure !== undefined && ttl > this.core.records.storedTtl(place)) done(storageError(failure));
      else done(this.isHeld(place) ? leaderOf(place) : new ApiError('leaseGone'));
    }, place);
  }

  /** @returns The term that has ended. @throws ApiError if this token does not lead. */
  resign(id: string, token: string): number {
    const place = this.require(id, token);
    this.give(place);
    return place.token;
  }

  /** Who leads; over another protocol too. */
  leader(id: string): Leader | undefined {
    const { holders, holder = '', metadata, fencingToken, expiresIn = 0 } = this.table.status(nameOf(id));
    if (holders === 0) return undefined;
    const term = Number(fencingToken ?? 0n);
    return { candidate: holder, metadata, term, due: this.core.now() + expiresIn };
  }

  /** @returns Ends it. */
  watch(id: string, listener: () => void): () => void {
    return this.table.watch(nameOf(id), listener);
  }

  private require(id: string, token: string): ElectionPlace {
    if (this.leader(id) === undefined) throw new ApiError('leaseGone');
    const place = this.mandates.get(nameOf(id));
    if (place?.state !== 'held' || !place.has(token)) throw new ApiError('leaseForeign', 'Invalid lease ID');
    return place;
  }

  private isHeld(place: ElectionPlace): boolean {
    return place.isHeldAt(this.core.now());
  }

  private seat(place: ElectionPlace): void {
    this.mandates.set(place.name, place);
    this.owner.add(place);
  }

  private give(place: ElectionPlace): void {
    this.forget(place);
    this.table.release(place);
  }

  private forget(place: ElectionPlace): void {
    if (this.mandates.get(place.name) === place) this.mandates.delete(place.name);
    this.owner.remove(place);
  }
}

/** @throws ApiError if it is no id of an election. */
export function requireElectionId(id: string): void {
  const length = utf8Length(id);
  if (length < 8 || length > 64) throw bad('Election ID must be between 8 and 64 characters');
  if (!ID.test(id)) throw bad("Election ID may only contain letters, numbers, '-' and '_'");
}

/** @throws ApiError if nobody can stand by this name. */
export function requireCandidate(candidate: string): void {
  if (candidate === '' || utf8Length(candidate) > 64) throw bad('Candidate ID must be between 1 and 64 characters');
  if (!CANDIDATE.test(candidate)) throw bad('Candidate ID contains unsupported characters');
}

/** @throws ApiError if it cannot be a leader's token. */
export function requireLeaderToken(token: string): void {
  const isOne = /^[\w-]*$/.test(token) && Buffer.from(token, 'base64url').length === TOKEN_BYTES;
  if (!isOne) throw bad('Invalid leader token');
}

function nameOf(id: string): string {
  return ELECTION_PREFIX + id;
}

function leaderOf({ ask, token, due }: ElectionPlace): Leader {
  return { candidate: ask.holder ?? '', metadata: ask.metadata, term: token, due };
}

function bad(problem: string): ApiError {
  return new ApiError('input', `Invalid input: ${problem}`);
}
