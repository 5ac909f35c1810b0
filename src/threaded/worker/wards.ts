import type { Bounds, Grant, Keeping, LockBackend, Revocation } from '../../contract/backend.js';
import type { LostReason } from '../../contract/lease.js';
import type { Runtime } from '../../contract/time.js';
import { areSound } from '../../keeping/bounds.js';
import { Keeper } from '../../keeping/keeper.js';
import { packError } from '../shared/carried-error.js';
import { commonTime } from '../shared/common-time.js';
import type { GrantCopy, Report } from '../shared/messages.js';
import type { SharedTable } from '../shared/shared-table.js';
import type { TimeLine } from '../shared/time-line.js';
import { StandIn } from './stand-in.js';
import { Ward, type WardOutcome } from './ward.js';

/** How long a grant whose time is over may still be given back. Milliseconds, beyond its ttl. */
const GRACE = 10_000;
const SETTLED = Promise.resolve();

export interface WardsOptions {
  readonly backend: LockBackend;
  readonly runtime: Runtime;
  readonly table: SharedTable;
  readonly timeLine: TimeLine;
  /** Milliseconds; by the ttl if it is absent. */
  readonly stallLimit: number | undefined;
  readonly post: (report: Report) => void;
  /** Sends what was posted. */
  readonly flush: () => void;
}

/** What the worker looks after: all that is held, until it was given back or is over for good. */
export class Wards implements WardOutcome {
  private readonly keeper: Keeper;
  private readonly byId = new Map<number, Ward>();
  private readonly byGrant = new Map<Grant, Ward>();
  private readonly freePlaces: number[] = [];
  private places = 0;
  private ids = 0;

  constructor(private readonly options: WardsOptions) {
    const { runtime } = options;
    const standIn = new StandIn({ ...options, find: (grant) => this.byGrant.get(grant) });
    this.keeper = new Keeper(runtime, standIn, () => {
      void SETTLED.then(() => {
        this.keeper.arm();
      });
    });
    runtime.clock.sync?.();
  }

  find(id: number): Ward | undefined {
    return this.byId.get(id);
  }

  /**
   * Takes up what was granted.
   *
   * @param bounds Absent: nobody knows how old it is.
   */
  enter(grant: Grant, { ttl, keeping }: Asked, bounds: Bounds | undefined): GrantCopy {
    const ward = new Ward(++this.ids, this.takePlace(), grant, ttl, keeping, commonTime(), this);
    const { id, place } = ward;
    this.options.table.assign(place, id);
    this.byId.set(id, ward);
    this.byGrant.set(grant, ward);
    const now = this.options.runtime.clock.elapsed();
    if (bounds === undefined) this.keeper.add(ward, [{ sentAt: now, ttl }], ward.isRenewed, now, true);
    else if (areSound(bounds, now)) this.keep(ward, bounds, now);
    const { name, fencingToken, holder, metadata } = grant;
    return { id, place, grant: { name, fencingToken, holder, metadata } };
  }

  /** The main thread asks for its renewal, and may want another ttl from now on. */
  asked(ward: Ward, ttl: number): void {
    const isShorter = ttl < ward.ttl;
    ward.ttl = ttl;
    ward.wasAsked = true;
    ward.askedAt = commonTime();
    if (isShorter && ward.position >= 0) this.curb(ward);
  }

  /** What the main thread had asked for was confirmed. */
  confirm(ward: Ward, bounds: Bounds): void {
    const now = this.options.runtime.clock.elapsed();
    // What has left the keeper is over, whatever is confirmed of it now.
    if (ward.position < 0 || !areSound(bounds, now)) return;
    this.keeper.remove(ward);
    this.keep(ward, bounds, now);
  }

  /** The service knows nothing of it any more. The main thread is told before the table says so: who reads that knows why. */
  end(ward: Ward, reason: LostReason, cause: unknown): void {
    this.tellLost([ward], reason, cause);
    this.drop(ward);
  }

  revoke(revocation: Revocation): void {
    // What names no grants is about none. A backend may be anybody's.
    if (!Array.isArray(revocation?.grants)) return;
    const { grants, reason, cause } = revocation;
    const wards = (grants as readonly Grant[]).flatMap((grant) => this.byGrant.get(grant) ?? []);
    this.tellLost(wards, reason, cause);
    for (const ward of wards) this.drop(ward);
  }

  /** It is on its way back, or its time is over: it can be given back for some time more. */
  retire(ward: Ward): void {
    this.keeper.remove(ward);
    ward.retirement ??= this.options.runtime.scheduler.schedule(() => {
      // Told in any case: of one whose release was never answered, the main thread would wait for more.
      this.end(ward, 'expired', undefined);
    }, ward.ttl + GRACE);
  }

  /** Nothing is left of it. */
  drop(ward: Ward): void {
    if (!this.byId.delete(ward.id)) return;
    this.keeper.remove(ward);
    ward.retirement?.unsubscribe();
    this.byGrant.delete(ward.grant);
    this.options.table.assign(ward.place, 0);
    this.freePlaces.push(ward.place);
  }

  /** The worker ends, and with it every connection: what hangs on one is free at once. */
  abandon(cause: unknown): void {
    this.tellLost([...this.byId.values()], 'connection', cause);
  }

  /** Looks after nothing any more. */
  stop(): void {
    for (const ward of [...this.byId.values()]) this.drop(ward);
    this.keeper.stop();
  }

  // ----------------------------------------------------------------------------------- what a ward tells

  renewed(ward: Ward): void {
    this.write(ward);
  }

  lost(ward: Ward, reason: LostReason, cause: unknown): void {
    if (reason !== 'expired') {
      this.end(ward, reason, cause);
      return;
    }
    this.tellLost([ward], reason, cause);
    this.retire(ward);
  }

  // ------------------------------------------------------------------------------------------------ small

  /** A shorter ttl may come into force whether or not its answer arrives. Nobody believes in more from here on. */
  private curb(ward: Ward): void {
    const now = this.options.runtime.clock.elapsed();
    const { confirmedAt, confirmedTtl, ttl } = ward;
    this.keeper.remove(ward);
    ward.curbs++;
    const bounds: Bounds = [
      { sentAt: now, ttl },
      { sentAt: confirmedAt, ttl: confirmedTtl },
    ];
    this.keeper.add(ward, bounds, ward.isRenewed, now);
  }

  private keep(ward: Ward, bounds: Bounds, now: number): void {
    this.keeper.add(ward, bounds, ward.isRenewed, now);
    this.write(ward);
  }

  private write(ward: Ward): void {
    const { table, timeLine } = this.options;
    table.confirm(ward.place, { sentAt: timeLine.toCommon(ward.confirmedAt), ttl: ward.confirmedTtl });
  }

  private tellLost(wards: readonly Ward[], reason: LostReason, cause: unknown): void {
    if (wards.length === 0) return;
    const packed = packError(cause);
    const ids = wards.map(({ id }) => id);
    this.options.post({ say: 'lost', ids, reason, ...(packed === undefined ? {} : { cause: packed }) });
    this.options.flush();
    for (const { place } of wards) this.options.table.end(place);
  }

  private takePlace(): number {
    const { table } = this.options;
    const free = this.freePlaces.pop();
    if (free !== undefined) return free;
    if (this.places === table.size) this.options.post({ say: 'page', page: table.addPage() });
    return this.places++;
  }
}

/** What was asked for when it was granted. */
interface Asked {
  readonly ttl: number;
  readonly keeping?: Keeping | undefined;
}
