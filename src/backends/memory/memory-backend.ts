import { Observable, Subject, type Subscriber } from 'rxjs';
import { LockClosedError, LockLostError, LockValidationError } from '../../contract/errors.js';
import { ALL_FEATURES } from '../../values/all-features.js';
import { backendJson, type BackendJson } from '../../values/backend-json.js';
import { LifeCycle } from '../../values/life-cycle.js';
import { lockStatus } from '../../values/lock-status.js';
import { schedulerTimer } from '../../values/scheduler-timer.js';
import { systemClock } from '../../values/system-clock.js';
import { validatePortableName } from '../../values/validate-portable-name.js';
import { LockTable, type TableOptions } from '../../table/lock-table.js';
import type { EndReason, Place } from '../../table/place.js';
import type { TableStatus } from '../../table/table-status.js';
import type {
  AcquireRequest,
  AcquireSignal,
  Grant,
  LockBackend,
  Released,
  Renewal,
  Revocation,
} from '../../contract/backend.js';
import type { Clock, Runtime } from '../../contract/time.js';
import type { LockStatus } from '../../contract/status.js';
import { MemoryGrant, type GrantOwner } from './memory-grant.js';

/** What the embedded backend can do: everything. */
export interface MemoryFeatures {
  readonly fencing: true;
  readonly fifo: true;
  readonly push: true;
  readonly semaphore: true;
  readonly permits: true;
  readonly shared: true;
  readonly metadata: true;
  readonly minHold: true;
}

/** A lock table as a lock service. */
export class MemoryBackend implements LockBackend<MemoryFeatures>, GrantOwner {
  readonly name = 'memory';
  readonly features: MemoryFeatures = ALL_FEATURES;
  readonly validateName = validatePortableName;
  private readonly revocations = new Subject<Revocation>();
  readonly revoked$: Observable<Revocation> = this.revocations.asObservable();
  /** @internal That of the first `Locks`. */
  clock: Clock = systemClock();
  private readonly life: LifeCycle<LockTable>;
  /** Who watches: a set, as who leaves one of many must not be looked for among all. */
  private readonly watching = new Set<Subscriber<LockStatus>>();

  /**
   * @param table Made for the clock of the first `Locks`, if there is none.
   * @param options Of the table that is made.
   */
  constructor(table?: LockTable, options?: TableOptions) {
    this.life = new LifeCycle({
      maker: 'memory',
      start: ({ clock, scheduler }) => {
        this.clock = clock;
        return table ?? new LockTable(() => clock.monotonic(), schedulerTimer(scheduler), options);
      },
      end: (used) => {
        if (used !== undefined) this.end(used);
      },
      closedError,
    });
  }

  /** @internal Nobody can use it any more. */
  get isClosed(): boolean {
    return this.life.isClosed;
  }

  toJSON(): BackendJson {
    return backendJson(this);
  }

  open(runtime: Runtime): void {
    this.life.open(runtime);
  }

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((subscriber) => {
      this.ask(request, subscriber);
    });
  }

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    return new Observable((subscriber) => {
      const sentAt = this.clock.elapsed();
      grants.forEach((grant, index) => {
        const ttl = ttls[index] as number;
        subscriber.next(
          this.owns(grant) && grant.table?.renew(grant, ttl) === true
            ? { index, outcome: 'renewed', bounds: [{ sentAt, ttl }] }
            : { index, outcome: 'refused' },
        );
      });
      subscriber.complete();
    });
  }

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    return new Observable((subscriber) => {
      grants.forEach((grant, index) => {
        const released = this.owns(grant) && grant.table?.release(grant, keepFor[index]) === true;
        subscriber.next({ index, outcome: released ? 'released' : 'gone' });
      });
      subscriber.complete();
    });
  }

  watch(name: string): Observable<LockStatus> {
    return new Observable((subscriber) => {
      const table = this.life.working;
      const tell = (): void => {
        subscriber.next(this.translate(table.status(name)));
      };
      this.watching.add(subscriber);
      subscriber.add(() => this.watching.delete(subscriber));
      subscriber.add(table.watch(name, tell));
      tell();
    });
  }

  status(name: string): Observable<LockStatus> {
    return this.answer((table) => this.translate(table.status(name)));
  }

  list(prefix?: string): Observable<readonly LockStatus[]> {
    return this.answer((table) =>
      table
        .list(prefix)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((status) => this.translate(status)),
    );
  }

  revoke(name: string): Observable<void> {
    return this.answer((table) => {
      table.revoke(name);
    });
  }

  detach(grant: Grant): Observable<string> {
    return this.answer(() => {
      if (!this.owns(grant) || grant.state !== 'held') throw lostError(grant.name);
      return grant.letGo();
    });
  }

  adopt(name: string, secret: string, { ttl, holder }: AcquireRequest): Observable<AcquireSignal> {
    return this.answer((table) => {
      const sentAt = this.clock.elapsed();
      const grant = [...table.holders(name), ...table.holders(name, true)].find(
        (place): place is MemoryGrant => place instanceof MemoryGrant && place.isFor(secret),
      );
      // Before it is renewed: whoever watches is told of that, and of whose it is.
      grant?.adoptedBy(this, holder);
      // It may have run out unseen.
      if (grant === undefined || !table.renew(grant, ttl)) throw lostError(name);
      return { type: 'granted', grant, bounds: [{ sentAt, ttl }], confirm: true };
    });
  }

  ping(): Observable<void> {
    return this.answer(() => undefined);
  }

  close(): Promise<void> {
    return this.life.close();
  }

  /** @internal The holder's own deadline is earlier: this is for whoever could not look at the clock in time. */
  ended(grants: readonly Place[], reason: EndReason): void {
    this.revocations.next({ grants, reason });
  }

  private ask(request: AcquireRequest, subscriber: Subscriber<AcquireSignal>): void {
    const table = this.life.working;
    const { name, limit, wait } = request;
    const sentAt = this.clock.elapsed();
    const place = new MemoryGrant(request, this, subscriber);
    const answer = table.acquire(place, wait);
    if (answer === 'granted') {
      place.hand(sentAt);
      return;
    }
    const { holder, mode, expiresIn, limit: others } = table.status(name, limit !== undefined);
    const expiresAt = this.dateIn(expiresIn);
    switch (answer) {
      case 'queued':
        subscriber.add(place);
        subscriber.next({ type: 'queued', position: table.position(place), holder, mode, expiresAt });
        break;
      case 'held':
        subscriber.next({ type: 'held', holder, mode, expiresAt, retryAfter: expiresIn });
        subscriber.complete();
        break;
      case 'limit-mismatch':
        subscriber.error(limitMismatch(request, others));
    }
  }

  private translate(status: TableStatus): LockStatus {
    const date = this.dateIn(status.expiresIn);
    return lockStatus({
      ...status,
      status: status.holders > 0 ? 'held' : 'free',
      expiresAt: date === undefined ? undefined : new Date(date),
    });
  }

  private dateIn(milliseconds: number | undefined): number | undefined {
    return milliseconds === undefined ? undefined : Math.floor(this.clock.date() + milliseconds);
  }

  private answer<T>(question: (table: LockTable) => T): Observable<T> {
    return new Observable((subscriber) => {
      subscriber.next(question(this.life.working));
      subscriber.complete();
    });
  }

  /** Gives back all that it has in the table, which others may use as well. */
  private end(table: LockTable): void {
    const places = table.places().filter((place): place is MemoryGrant => this.owns(place));
    // The queue first, or what is given back below would be granted to those who are turned away next.
    for (const place of places) if (place.state === 'waiting') place.fail(closedError(place.name));
    for (const place of places) table.release(place);
    for (const watching of this.watching) watching.error(closedError());
  }

  private owns(grant: Grant): grant is MemoryGrant {
    return grant instanceof MemoryGrant && grant.owner === this;
  }
}

function lostError(name: string): LockLostError {
  return new LockLostError(`the lock '${name}' is not held, or was handed on before`, { name, reason: 'refused' });
}

function closedError(name?: string): LockClosedError {
  return new LockClosedError('this memory() was closed', { name });
}

function limitMismatch({ name, limit }: AcquireRequest, others: number): LockValidationError {
  return new LockValidationError(
    `limit ${String(limit)} of the semaphore '${name}' differs from the limit ${String(others)} that others use`,
    { name, option: 'limit' },
  );
}
