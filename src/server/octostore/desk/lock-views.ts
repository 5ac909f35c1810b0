import type { ServerTable } from '../../../table/server-table.js';
import type { TableStatus } from '../../../table/table-status.js';
import { namesOf } from '../../names-of.js';
import type { ServerCore } from '../../server-core.js';
import { publicId } from './digest.js';
import { holderId } from './holder-id.js';
import type { LeaseBook } from './lease-book.js';
import { ELECTION_PREFIX } from './lock-name.js';
import type { LockView } from './lock-view.js';

/** Half a character: no client of ours can ask for such a name. */
const LONE = /\p{Surrogate}/u;

/** Locks as everybody may see them, whatever protocol their holders speak. */
export class LockViews {
  private readonly table: ServerTable;

  constructor(
    private readonly core: Pick<ServerCore, 'now' | 'table' | 'effort'>,
    private readonly book: LeaseBook,
  ) {
    this.table = core.table;
  }

  /** A lock, as everybody may see it. */
  view(name: string): LockView {
    const status = this.table.status(name);
    return this.isFree(status) ? this.free(name) : this.held(status);
  }

  /** The names of locks, held ones and others, that begin with it. In no order. */
  names(prefix: string): string[] {
    return namesOf(this.core, prefix).filter((name) => !name.startsWith(ELECTION_PREFIX) && !LONE.test(name));
  }

  /** A lock, if it is held. */
  heldView(name: string): LockView | undefined {
    const status = this.table.status(name);
    return this.isFree(status) ? undefined : this.held(status);
  }

  /** One that is held. */
  held({ name, fencingToken, expiresIn = 0, metadata, holder = '' }: TableStatus): LockView {
    const place = this.book.heldPlace(name);
    const now = this.core.now();
    const due = place?.due ?? now + expiresIn;
    const end = place?.terms.isEphemeral === true ? Math.min(due, place.terms.session?.due ?? due) : due;
    return {
      name,
      isHeld: true,
      holderId: place === undefined ? publicId('holder', holder) : holderId(place),
      fencingToken: Number(fencingToken ?? 0n),
      due,
      retryAfter: Math.max(0, Math.ceil(end - now)),
      metadata,
    };
  }

  private isFree({ name, holders }: TableStatus): boolean {
    return holders === 0 || this.book.delayOf(name) !== undefined;
  }

  private free(name: string): LockView {
    const fencingToken = this.table.lastToken + 1;
    return {
      name,
      isHeld: false,
      holderId: undefined,
      fencingToken,
      due: undefined,
      retryAfter: 0,
      metadata: undefined,
    };
  }
}
