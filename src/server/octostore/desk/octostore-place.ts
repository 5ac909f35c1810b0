import { randomUUID } from 'node:crypto';
import type { Ask, EndReason } from '../../../table/place.js';
import type { PlaceRecord } from '../../records.js';
import { SessionPlace, type ServerSession } from '../../session.js';
import type { Account } from './account.js';
import { digestTextOf, isSecretOf } from './digest.js';
import type { OctostoreSession } from './octostore-session.js';

/** By this name the front finds its places again after a start. */
export const FRONT = 'octostore';

/** What is stored of a lock. */
export interface LeaseRecord {
  readonly kind: 'lease';
  readonly account: string;
  readonly name: string;
  /** Of its lease ids: one, or more if it outlived a start. */
  readonly leases: readonly string[];
  /** Of its session's id. */
  readonly session: string | undefined;
  readonly isEphemeral: boolean;
  readonly delay: number;
}

/** Whose a lock is, and how it ends. */
export interface LeaseTerms {
  readonly account: Account;
  /** It was named when the lock was taken. */
  readonly session: OctostoreSession | undefined;
  /** The lock belongs to its session, and goes with it. */
  readonly isEphemeral: boolean;
  /** Seconds for which nobody gets it when it has ended. */
  readonly delay: number;
}

/** A lock that was taken over HTTP. Whoever has its lease id, and is whose it is, may renew and release it. */
export class OctostorePlace extends SessionPlace {
  declare readonly owner: ServerSession;
  /** Is it stored, with a lease id that may be told? */
  isNamed = false;
  private plainId: string | undefined = undefined;
  /** Was it held before a start, and nobody has shown since then that he holds it? He may have given it back, and that was not stored any more. */
  isDoubtful: boolean;

  /**
   * @param onTaken Called when the table takes it away.
   * @param digests Of lease ids that were told before a start.
   */
  constructor(
    ask: Ask,
    readonly terms: LeaseTerms,
    private readonly onTaken: (place: OctostorePlace, reason: EndReason) => void,
    private readonly digests: readonly string[] = [],
  ) {
    super(ask, ownerOf(terms));
    this.isDoubtful = digests.length > 0;
  }

  /** Made when it is first asked for. Another one after a start, and those of before go on. */
  get leaseId(): string {
    this.identify();
    return this.plainId ?? '';
  }

  /** Gives it a lease id, if it has none. */
  identify(): void {
    this.plainId ??= randomUUID();
  }

  has(leaseId: string): boolean {
    return leaseId === this.plainId || this.digests.some((digest) => isSecretOf(digest, leaseId));
  }

  granted(): void {
    // It never waits.
  }

  taken(reason: EndReason): void {
    this.onTaken(this, reason);
  }

  override record(): PlaceRecord {
    const { account, session, isEphemeral, delay } = this.terms;
    const data: LeaseRecord = {
      kind: 'lease',
      account: account.key,
      name: account.name,
      leases: this.plainId === undefined ? this.digests : [...this.digests, digestTextOf(this.plainId)],
      session: session?.digest,
      isEphemeral,
      delay,
    };
    return { front: FRONT, data };
  }
}

function ownerOf({ account, session, isEphemeral }: LeaseTerms): ServerSession {
  return isEphemeral && session !== undefined ? session : account;
}
