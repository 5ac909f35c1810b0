import { expect } from 'vitest';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { LockNetworkError } from '../../../../src/contract/errors.js';
import type { Locks } from '../../../../src/contract/locks.js';
import type { Bounds, Grant } from '../../../../src/contract/backend.js';
import type { Lease } from '../../../../src/contract/lease.js';
import { ManualBackend, type Acquisition, type Releasing } from '../../../support/manual-backend.js';
import { Time } from '../../../support/virtual.js';
import { disorder, pick } from './check.js';
import { Follower, TTL, type Wishes } from './follower.js';

const SAFETY = 0.8;

/** What the service has confirmed, and what was done with it. */
interface Granted {
  limit: number;
  /** When the request was sent that the limit counts from. */
  at: number;
  /** Else nobody listens to answers to what was sent before. */
  isRenewed: boolean;
  /** The service said that it is not ours any more. */
  gone: boolean;
  /** Nothing may be sent: it was taken away while somebody held it. */
  taken: boolean;
  sent: number;
  /** The request that gives it back, the last one of them. */
  release: Releasing | undefined;
  settled: boolean;
  /** Is there work under it that has not stopped, and whose lock nobody gave back by hand? */
  works: boolean;
  /** By its `minHold`, on `clock.elapsed`. */
  staysUntil: number;
  /** If it expires before its minHold is over, it is left to run out, so that it stays taken. */
  runsOut: boolean;
}

/** Locks in virtual time, and a service that does what the script says. */
export class World {
  readonly time = new Time();
  readonly clock = {
    ahead: 0,
    stepped: 0,
    elapsed: (): number => this.time.now() + this.clock.ahead,
    date: (): number => this.time.now() + this.clock.stepped,
    monotonic: (): number => this.time.now(),
  };
  readonly backend: ManualBackend;
  readonly locks: Locks<bigint>;
  readonly followers: Follower[] = [];
  readonly grants = new Map<Grant, Granted>();
  readonly broken: string[] = [];
  private readonly tokens = new Map<bigint, Granted>();
  private readonly answered = new Set<Acquisition>();
  private token = 0n;

  /** @param minHold Can the service keep a lock that was given back? */
  constructor(private readonly minHold: boolean) {
    this.backend = new ManualBackend({ push: true, minHold });
    this.locks = createLocks(this.backend, { scheduler: this.time, clock: this.clock, random: () => 0.5 });
    this.backend.onRelease = (call) => {
      call.args.grants.forEach((grant, index) => {
        const known = this.grants.get(grant)!;
        this.must(!known.works, 'no release is sent while the work goes on');
        this.must(call.at + call.args.keepFor[index]! >= known.staysUntil, 'it stays taken until its minHold is over');
        this.must(!known.settled, 'no release is sent again once it was answered');
        this.must(known.release?.open !== true, 'no release is sent again while one is under way');
        this.must(!known.taken, 'no release is sent for a lock that was taken away');
        known.sent++;
        known.release = call;
      });
    };
  }

  /** Says what went wrong where a thrown error would be swallowed. */
  must(condition: boolean, what: string): void {
    if (!condition) this.broken.push(what);
  }

  known({ fencingToken }: Lease): Granted {
    return this.tokens.get(fencingToken!)!;
  }

  subscribe(name: string, options: Wishes): void {
    // By this the service below knows what was asked for.
    const metadata = JSON.stringify({ kept: Number(options.minHold ?? 0) > 0, renew: options.renew ?? true });
    this.followers.push(new Follower(this.locks, name, { ...options, metadata }, this));
  }

  /** Grants, or hands the grant to `stray` if nobody waits any more. Once for each attempt. */
  grant(at: number, confirm: boolean, ttls: readonly number[]): void {
    const call = pick(this.unanswered(), at);
    if (call === undefined) return;
    this.answered.add(call);
    const fencingToken = ++this.token;
    const grant: Grant = { name: call.args.name, fencingToken };
    const bounds = ttls.map((ttl) => ({ sentAt: call.at, ttl })) as unknown as Bounds;
    const { kept, renew: isRenewed } = JSON.parse(call.args.metadata!) as { kept: boolean; renew: boolean };
    const runsOut = kept && !this.minHold;
    const limit = confirm ? -Infinity : limitOf(bounds);
    const known = {
      ...{ limit, at: call.at, gone: false, taken: false, sent: 0, release: undefined, settled: false, works: false },
      ...{ runsOut, isRenewed, staysUntil: 0 },
    };
    this.grants.set(grant, known);
    this.tokens.set(fencingToken, known);
    if (call.open) call.done({ type: 'granted', grant, bounds, confirm });
    else call.args.stray(grant);
  }

  refuse(at: number, how: 'held' | 'queued' | 'fail' | 'nothing'): void {
    const call = pick(this.unanswered(), at);
    if (call === undefined) return;
    if (how === 'queued') {
      call.next({ type: 'queued', position: at % 3 });
      return;
    }
    this.answered.add(call);
    if (how === 'held') call.held({ holder: `h${String(at % 2)}`, retryAfter: at % 500, binding: at % 3 === 0 });
    else if (how === 'fail') call.fail(new LockNetworkError('down'));
    else call.done();
  }

  renew(at: number, how: 'confirm' | 'refuse' | 'fail' | 'nothing' | 'mixed', ttls: readonly number[]): void {
    // One in five is answered too late, if at all.
    const open = this.backend.renewals.filter((renewal) => renewal.open || at % 5 === 0);
    const call = pick(open, at);
    if (call === undefined) return;
    if (how === 'fail') {
      call.fail(new LockNetworkError('down'));
      return;
    }
    call.args.grants.forEach((grant, index) => {
      const known = this.grants.get(grant)!;
      const outcome = how === 'mixed' ? (['confirm', 'refuse', 'nothing'] as const)[(at + index) % 3] : how;
      // Too late for a batch that nobody listens to any more.
      if (!call.open) return;
      if (outcome === 'confirm' && !known.gone) {
        const bounds = ttls.map((ttl) => ({ sentAt: call.at, ttl })) as unknown as Bounds;
        const limit = limitOf(bounds);
        if ((call.at >= known.at && known.isRenewed) || limit > known.limit) {
          known.limit = limit;
          known.at = call.at;
        }
        call.next({ index, outcome: 'renewed', bounds });
      } else if (outcome === 'refuse') {
        this.take([grant]);
        call.next({ index, outcome: 'refused' });
      }
    });
    call.done();
  }

  revoke(at: number): void {
    const grant = pick([...this.grants.keys()], at);
    if (grant === undefined) return;
    this.take([grant]);
    this.backend.revoked$.next({ grants: [grant], reason: 'revoked' });
  }

  answerRelease(at: number, outcome: 'released' | 'gone' | 'unknown' | 'fail'): void {
    const call = pick(
      this.backend.releases.filter(({ open }) => open),
      at,
    );
    if (call === undefined) return;
    if (outcome === 'fail') {
      call.fail(new LockNetworkError('down'));
      return;
    }
    if (outcome !== 'unknown') for (const grant of call.args.grants) this.grants.get(grant)!.settled = true;
    call.confirm(outcome);
  }

  check(): void {
    for (const follower of this.followers) follower.check();
    expect(disorder(this.locks)).toEqual([]);
    expect(this.broken).toEqual([]);
  }

  /** The service answers everything, everybody leaves, and time passes. */
  async end(): Promise<void> {
    for (const { retention, subscription } of this.followers) {
      subscription.unsubscribe();
      retention?.release();
    }
    const words = this.followers.map(({ word }) => word);
    const release = this.backend.onRelease!;
    this.backend.onRelease = (call) => {
      release(call);
      for (const grant of call.args.grants) this.grants.get(grant)!.settled = true;
      call.confirm();
    };
    while (this.unanswered().length > 0) this.grant(0, false, [TTL]);
    while (this.backend.releases.some(({ open }) => open)) this.answerRelease(0, 'released');
    this.time.advance(120_000);
    expect(this.broken).toEqual([]);
    expect(this.followers.map(({ word }) => word)).toEqual(words);
    for (const known of this.grants.values()) {
      if (!known.gone && !known.runsOut) expect(known.sent, 'a grant that was never given back').toBeGreaterThan(0);
    }
    expect(this.backend.renewals.filter(({ open }) => open)).toHaveLength(0);
    expect(this.backend.acquired.filter(({ open }) => open)).toHaveLength(0);
    expect(this.backend.releases.filter(({ open }) => open)).toHaveLength(0);
    expect(this.backend.watchers).toBe(0);
    expect(this.followers.filter(({ until }) => until.observed)).toHaveLength(0);
    expect(this.time.actions.filter((action) => !action.closed)).toHaveLength(0);
    await this.locks.close();
    expect(this.backend.revoked$.observed).toBe(false);
  }

  /** Abandoned locks run out by themselves: nothing is sent for them. */
  abandon(follower: Follower): void {
    const { lease, retention } = follower;
    if (lease === undefined || retention === undefined) return;
    const known = this.known(lease);
    // It has not been given back yet, so it will not be: also one that has expired waits for its work.
    if (lease.isHeld || known.sent === 0) known.gone = true;
    retention.abandon();
    known.isRenewed = false;
  }

  private take(grants: readonly Grant[]): void {
    for (const grant of grants) {
      const known = this.grants.get(grant)!;
      known.gone = true;
      const holder = this.followers.find(({ lease }) => lease?.fencingToken === grant.fencingToken);
      if (holder?.lease?.isHeld === true) known.taken = true;
    }
  }

  private unanswered(): Acquisition[] {
    return this.backend.acquired.filter((call) => !this.answered.has(call));
  }
}

function limitOf(bounds: Bounds): number {
  return Math.min(...bounds.map(({ sentAt, ttl }) => Math.floor(sentAt + SAFETY * ttl)));
}
