import type { ServerTable } from '../../table/server-table.js';
import type { Place } from '../../table/place.js';
import type { Timeouts } from '../../values/timeouts.js';
import { Book } from './book.js';
import type { Leaf } from './leaf.js';
import type { Ledger, LedgerBatch } from '../ledger.js';
import type { Meters } from '../meters.js';
import type { Records, RestoredPlace, WhenStored } from '../records.js';
import { Ringer } from '../ringer.js';
import type { Turn } from '../turn.js';
import { VacantPlace } from './vacant-place.js';

/** So long a release may wait for a batch with which it can ride. Milliseconds. */
const PATIENCE = 25;
/** So often it is tried whether what could not be written can be. Milliseconds. */
const RETRY = 1000;

/** What time it is, and whose turn. */
export interface RecordsKit {
  readonly timeouts: Timeouts;
  readonly turn: Turn;
  /** Not asked for before `begin()`. */
  readonly table: () => ServerTable;
  /** Does something when all else that has happened meanwhile was looked at. Returns what takes it back. */
  readonly soon: (run: () => void) => () => void;
  readonly meters: CommitMeters | undefined;
  /** Called when nothing can be written any more, with the reason; and without one when it can be again. */
  readonly onTrouble: ((failure?: Error) => void) | undefined;
}

/** What is counted of the batches. */
export type CommitMeters = Pick<Meters, 'commits' | 'committed' | 'failedCommits'>;

/** What changes between two batches. */
class LedgerPage {
  readonly leaves = new Set<Leaf>();
  readonly waiting: WhenStored[] = [];

  constructor(readonly number: number) {}
}

/**
 * Keeps a ledger up to date with the table and with what fronts note. Whatever changes is gathered, and written in one batch as soon as somebody waits
 * for it; while that is under way the next is gathered: so many share the price of a sync.
 *
 * If a batch cannot be written, nobody is promised anything that is not on disk, until the ledger could be opened anew and was made equal to the table.
 */
export class StoredRecords implements Records {
  failure: Error | undefined = undefined;
  private readonly book: Book;
  private next: LedgerPage;
  private writing: LedgerPage | undefined = undefined;
  /** The last batch that is on disk, and with it all before it. */
  private storedTo: number;
  /** The batch with the last change. */
  private changedIn = 0;
  private hasBegun = false;
  private isClosed = false;
  private isPlanned = false;
  private whenIdle: (() => void) | undefined = undefined;
  private readonly ringer: Ringer;

  constructor(
    private readonly ledger: Ledger,
    private readonly kit: RecordsKit,
  ) {
    const contents = ledger.take();
    this.book = new Book(contents);
    this.storedTo = contents.head.number;
    this.next = new LedgerPage(this.storedTo + 1);
    this.ringer = new Ringer(() => {
      if (this.failure === undefined) this.commit();
      else this.recover();
    });
  }

  /** The fencing token before the first of this start. */
  get lastToken(): number {
    return this.book.lastToken;
  }

  /** For the table's `onChange`. */
  readonly onChange = (place: Place, ttl: number, before?: number): void => {
    if (before !== undefined) this.renumber(place, before);
    let grant = this.book.grantOf(place);
    if (ttl === 0) {
      if (grant === undefined) return;
      this.book.end(grant);
    } else if (grant === undefined) {
      if (!this.hasBegun) throw new TypeError('begin() has not been called');
      grant = this.book.add(place);
      grant.ttl = ttl;
    } else {
      if (grant.place === undefined) grant.seat(place);
      if (ttl <= grant.ttl && place.state !== 'kept') return;
      grant.ttl = ttl;
    }
    this.soil(grant);
  };

  whenStored(done: WhenStored, place?: Place): void {
    if (this.isClosed) return;
    const batch = place === undefined ? this.changedIn : (this.book.grantOf(place)?.batch ?? 0);
    if (batch <= this.storedTo) done();
    else if (this.failure !== undefined) done(this.failure);
    else if (batch === this.writing?.number) this.writing.waiting.push(done);
    else {
      this.next.waiting.push(done);
      this.plan();
    }
  }

  storedTtl(place: Place): number {
    return this.book.grantOf(place)?.confirmed ?? 0;
  }

  changed(place: Place): void {
    const grant = this.book.grantOf(place);
    if (grant !== undefined) this.soil(grant);
  }

  restored(front: string): readonly RestoredPlace[] {
    return this.book.vacant
      .map(({ restored }) => restored)
      .filter((place) => place?.front === front) as RestoredPlace[];
  }

  notes(front: string): ReadonlyMap<string, unknown> {
    return this.book.notes(front);
  }

  put(front: string, key: string, value: unknown): void {
    const leaf = this.book.note(front, key, value);
    if (leaf !== undefined) this.soil(leaf);
  }

  delete(front: string, key: string): void {
    this.put(front, key, undefined);
  }

  begin(): Promise<void> {
    const table = this.kit.table();
    for (const { restored } of this.book.vacant) {
      if (restored !== undefined) table.restore(new VacantPlace(restored.ask), restored.token);
    }
    this.hasBegun = true;
    // That the tokens of this start are above those of before is known to the next one, even if nothing else ever is.
    this.changedIn = this.next.number;
    return new Promise((resolve) => {
      this.whenStored(() => {
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    await this.idle();
    if (this.failure === undefined) this.commit();
    await this.idle();
    this.isClosed = true;
    this.kit.timeouts.clear(this.ringer);
    await this.ledger.close();
  }

  /** It is stored under another token, and no more under the one of before. */
  private renumber(place: Place, before: number): void {
    const { old, grant } = this.book.renumber(place, before);
    this.soil(old);
    this.soil(grant);
  }

  /** It is another now than in the ledger. */
  private soil(leaf: Leaf): void {
    leaf.batch = this.changedIn = this.next.number;
    // Else all that there is then is written anew, and what came and went meanwhile is not kept until then.
    if (this.failure === undefined || this.writing !== undefined) this.next.leaves.add(leaf);
    if (this.failure === undefined && !this.isBusy) this.ring(PATIENCE);
  }

  private get isBusy(): boolean {
    return this.isPlanned || this.writing !== undefined || this.ringer.position >= 0;
  }

  private ring(delay: number): void {
    const { timeouts } = this.kit;
    if (!this.isClosed) timeouts.set(this.ringer, timeouts.now() + delay);
  }

  /** Somebody waits for the next batch. */
  private plan(): void {
    if (this.isPlanned || this.writing !== undefined) return;
    this.isPlanned = true;
    this.kit.soon(() => {
      this.isPlanned = false;
      this.commit();
    });
  }

  private commit(): void {
    const { next } = this;
    if (this.isClosed || this.writing !== undefined || this.failure !== undefined || this.changedIn < next.number)
      return;
    this.kit.timeouts.clear(this.ringer);
    const batch = this.book.batch(next.number, next.leaves);
    this.turnPage(next);
    // What came and went before anybody heard of it.
    if (batch.puts.length === 1 && batch.deletes.length === 0 && next.waiting.length === 0) this.written(next);
    else this.write(batch, next);
  }

  /** What changes from now on is of another batch. */
  private turnPage({ number }: LedgerPage): void {
    this.writing = this.next;
    this.next = new LedgerPage(number + 1);
  }

  private write(batch: LedgerBatch, page: LedgerPage): void {
    const { timeouts, turn, meters } = this.kit;
    const start = timeouts.now();
    this.ledger.write(batch, (failure) => {
      turn.run(() => {
        meters?.commits.add((timeouts.now() - start) / 1000);
        if (failure !== undefined) this.fail(failure);
        else {
          if (meters !== undefined) meters.committed += batch.puts.length + batch.deletes.length;
          this.written(page);
        }
      });
    });
  }

  private written({ number, leaves, waiting }: LedgerPage): void {
    this.writing = undefined;
    if (this.failure !== undefined) this.kit.onTrouble?.();
    this.failure = undefined;
    this.storedTo = number;
    for (const leaf of leaves) leaf.stored();
    for (const done of waiting) done();
    if (this.next.waiting.length > 0) this.plan();
    else if (this.changedIn > this.storedTo && !this.isBusy) this.ring(PATIENCE);
    this.whenIdle?.();
  }

  private fail(failure: Error): void {
    const { writing, next, kit } = this;
    if (kit.meters !== undefined) kit.meters.failedCommits++;
    if (this.failure === undefined) kit.onTrouble?.(failure);
    this.failure = failure;
    this.writing = undefined;
    const waiting = [...(writing?.waiting ?? []), ...next.waiting.splice(0)];
    for (const leaf of [...(writing?.leaves ?? []), ...next.leaves]) if (leaf.failed()) leaf.batch = 0;
    this.ring(RETRY);
    for (const done of waiting) done(failure);
    this.whenIdle?.();
  }

  /** Makes the ledger equal to the table, whatever of the failed batch is in it. */
  private recover(): void {
    this.ledger.reopen((_failure, entries) => {
      if (this.isClosed) return;
      if (entries === undefined) {
        this.ring(RETRY);
        return;
      }
      const { next } = this;
      for (const leaf of this.book.leaves()) next.leaves.add(leaf);
      this.turnPage(next);
      this.write(this.book.difference(next.number, entries), next);
    });
  }

  private idle(): Promise<void> {
    if (this.writing === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenIdle = resolve;
    });
  }
}
