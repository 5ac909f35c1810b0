import type { EndReason } from '../../../table/place.js';
import type { ServerTable } from '../../../table/server-table.js';
import type { RestoredPlace } from '../../records.js';
import { grantStored } from '../../grant-stored.js';
import { isFull } from '../../is-full.js';
import type { ServerCore } from '../../server-core.js';
import { ApiError } from '../wire/api-error.js';
import { fullError } from '../wire/full-error.js';
import { storageError } from '../wire/storage-error.js';
import type { Account } from './account.js';
import type { Accounts } from './accounts.js';
import type { Delay } from './delay.js';
import type { LeaseBook } from './lease-book.js';
import type { LockView } from './lock-view.js';
import type { LockViews } from './lock-views.js';
import { OctostorePlace, type LeaseRecord, type LeaseTerms } from './octostore-place.js';
import type { OctostoreSession } from './octostore-session.js';
import type { SessionDesk } from './session-desk.js';

const SECOND = 1000;
const SOON = 50;

/** What somebody asks for. */
export interface LeaseAsk extends LeaseTerms {
  readonly name: string;
  /** Milliseconds. */
  readonly ttl: number;
  readonly metadata: string | undefined;
  /** Called when it is granted, before that is stored: what goes with it is stored in one. */
  readonly onGrant: () => void;
}

/** What becomes of it. */
export type LeaseAnswer =
  | { readonly status: 'acquired'; readonly place: OctostorePlace; readonly isNew: boolean }
  | { readonly status: 'held'; readonly view: LockView }
  /** Nobody may have it yet. */
  | { readonly status: 'delayed'; readonly delay: Delay };

/** Told when it is known, and stored. */
export type Answered<T> = (answer: T | ApiError) => void;

/** Takes, renews and gives back locks over HTTP, by leases. */
export class LeaseDesk {
  private readonly table: ServerTable;
  private readonly onTaken = (place: OctostorePlace, reason: EndReason): void => {
    this.book.forget(place);
    this.onEnded(place.name, reason);
  };

  /**
   * @param max How many locks one account may have.
   * @param places How many all may have, whatever they speak.
   * @param onEnded Called when the table has taken a lock away.
   */
  constructor(
    private readonly core: ServerCore,
    private readonly accounts: Accounts,
    private readonly sessions: SessionDesk,
    private readonly book: LeaseBook,
    private readonly views: LockViews,
    private readonly max: number,
    private readonly places: number,
    private readonly onEnded: (name: string, reason: EndReason) => void,
  ) {
    this.table = core.table;
  }

  /** One that was held before a start: for its full ttl from now. To be called after the sessions are there again. */
  restore({ ask, data, token }: RestoredPlace): void {
    const { account: key, name, leases, session: digest, isEphemeral, delay } = data as LeaseRecord;
    const account = this.accounts.open(key, name);
    const session = digest === undefined ? undefined : this.sessions.byDigest(digest);
    const terms: LeaseTerms = { account, session, isEphemeral: isEphemeral && session !== undefined, delay };
    const place = new OctostorePlace({ ...ask, lockDelay: lockDelayOf(delay) }, terms, this.onTaken, leases);
    this.table.restore(place, token);
    this.book.seat(place);
    // Its session had ended, but that was not stored: nobody can have kept it.
    if (isEphemeral && session === undefined) this.release(place);
  }

  /**
   * Takes a lock, or has it last longer if it is the same that holds it: then it keeps its lease, its token and what it was taken with.
   *
   * @throws ApiError if he has too many, or all together have.
   */
  acquire(ask: LeaseAsk, done: Answered<LeaseAnswer>): void {
    const { name } = ask;
    const delay = this.book.delayOf(name);
    const known = this.book.heldPlace(name);
    if (delay !== undefined) done({ status: 'delayed', delay });
    else if (known !== undefined && isSame(known, ask)) this.prolong(known, ask, done);
    else if (ask.account.leases.size >= this.max) {
      throw new ApiError('lockLimit', `Lock limit exceeded (max ${String(this.max)} per user)`);
    } else this.take(ask, done);
  }

  /**
   * Makes it end `ttl` milliseconds from now, which may be sooner than before.
   *
   * @throws ApiError if it is not held, or not by this lease.
   */
  renew(account: Account, name: string, leaseId: string, ttl: number, done: Answered<OctostorePlace>): void {
    const place = this.require(account, name, leaseId);
    place.isDoubtful = false;
    this.table.renew(place, ttl);
    this.core.records.whenStored((failure) => {
      if (failure !== undefined && ttl > this.core.records.storedTtl(place)) done(storageError(failure));
      else done(this.book.isHeld(place) ? place : new ApiError('leaseGone'));
    }, place);
  }

  /** @throws ApiError if it is not held, or not by this lease. */
  giveBack(account: Account, name: string, leaseId: string): void {
    this.release(this.require(account, name, leaseId));
  }

  /** Whoever has it has it no more. */
  release(place: OctostorePlace): void {
    const { delay } = place.terms;
    // Before the table, which may hand it over within the call.
    this.book.forget(place);
    if (this.table.release(place, delay * SECOND) && delay > 0) this.book.cool(place);
  }

  /** Those of one account, each with a lease id: when all of that is stored, also what others of his are only being granted. */
  listOwn({ leases }: Account, done: Answered<readonly OctostorePlace[]>): void {
    const own = [...leases].flatMap(({ name }) => this.book.heldPlace(name) ?? []);
    const unnamed = own.filter(({ isNamed }) => !isNamed);
    if (unnamed.length === 0) done(own);
    else {
      this.name(unnamed, (failure) => {
        done(failure === undefined ? own.filter((place) => this.book.isHeld(place)) : storageError(failure));
      });
    }
  }

  /** What goes with a session goes. */
  releaseBound({ bound }: OctostoreSession): number {
    const all = [...bound].flatMap(({ name }) => this.book.heldPlace(name) ?? []);
    const going = all.filter(({ terms }) => terms.isEphemeral);
    for (const place of going) this.release(place);
    return going.length;
  }

  private take(ask: LeaseAsk, done: Answered<LeaseAnswer>): void {
    const { failure: trouble } = this.core.records;
    if (this.table.isShut) throw new ApiError('closing', 'Upstream service unavailable: the server is about to stop');
    if (trouble !== undefined) throw storageError(trouble);
    const { name, ttl, metadata, account, delay } = ask;
    if (isFull(this.table, this.places) && !this.views.view(name).isHeld) throw fullError();
    const place = new OctostorePlace(
      { name, ttl, metadata, holder: account.name, lockDelay: lockDelayOf(delay) },
      ask,
      this.onTaken,
    );
    if (this.table.acquire(place, false) !== 'granted') {
      done(this.refusal(name));
      return;
    }
    this.book.seat(place);
    // Before it is stored: a start has to know it.
    place.identify();
    ask.onGrant();
    grantStored(this.core, place, (outcome) => {
      place.isNamed = outcome === 'held';
      if (outcome instanceof Error) this.withdraw(place);
      done(outcome === 'held' ? { status: 'acquired', place, isNew: true } : storageError(outcome));
    });
  }

  private refusal(name: string): LeaseAnswer {
    const status = this.table.status(name);
    if (status.holders > 0) return { status: 'held', view: this.views.held(status) };
    // The server has only just started, or somebody is next for it who is still to be told.
    const { opensAt } = this.table;
    const due = opensAt === -Infinity ? this.core.now() + SOON : opensAt;
    return { status: 'delayed', delay: { due, seconds: 0, holderId: undefined } };
  }

  private prolong(place: OctostorePlace, { ttl, onGrant }: LeaseAsk, done: Answered<LeaseAnswer>): void {
    // He may have given it back already: no token is told for two times.
    if (place.isDoubtful) this.table.renumber(place);
    place.isDoubtful = false;
    const rest = place.due - this.core.now();
    this.table.renew(place, Math.max(rest, ttl));
    onGrant();
    this.name([place], (failure) => {
      if (failure !== undefined) done(storageError(failure));
      else done(this.book.isHeld(place) ? { status: 'acquired', place, isNew: false } : storageError('over'));
    });
  }

  /** It was never told. */
  private withdraw(place: OctostorePlace): void {
    this.book.forget(place);
    this.table.release(place);
  }

  private require(account: Account, name: string, leaseId: string): OctostorePlace {
    const place = this.book.heldPlace(name);
    if (place === undefined) {
      const isFree = !this.views.view(name).isHeld;
      throw isFree ? new ApiError('leaseGone') : new ApiError('leaseForeign', 'Invalid lease ID');
    }
    const { isEphemeral, session } = place.terms;
    if (isEphemeral && session !== undefined) {
      if (session.account !== account) throw new ApiError('sessionMissing');
      this.sessions.requireAlive(session);
    }
    if (place.terms.account !== account || !place.has(leaseId)) {
      throw new ApiError('leaseForeign', 'Invalid lease ID');
    }
    return place;
  }

  /** Gives each a lease id, if it has none that may be told. Calls back when all is stored that has changed. */
  private name(places: readonly OctostorePlace[], done: (failure?: Error) => void): void {
    const { records } = this.core;
    const unnamed = places.filter(({ isNamed }) => !isNamed);
    for (const place of unnamed) {
      place.identify();
      records.changed(place);
    }
    records.whenStored((failure) => {
      if (failure === undefined) for (const place of unnamed) place.isNamed = true;
      done(failure);
    });
  }
}

/** Who asks for none has what everybody has. */
function lockDelayOf(delay: number): number | undefined {
  return delay === 0 ? undefined : delay * SECOND;
}

/** Is it the same that asks again? */
function isSame({ terms }: OctostorePlace, { account, session, isEphemeral }: LeaseAsk): boolean {
  if (terms.isEphemeral || isEphemeral) return terms.isEphemeral && isEphemeral && terms.session === session;
  return terms.account === account;
}
