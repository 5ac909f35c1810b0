import type { AskList, AskStatus, Watch } from '../../../native/from-client.js';
import type { NameStatus, ServerMessage } from '../../../native/from-server.js';
import type { LockTable } from '../../../table/lock-table.js';
import { nameStatus } from '../desk/held-by.js';

/** So many are told at once of a long list. */
const PART = 128;

/** A list that is to be told, or the rest of it. */
interface Listing {
  readonly ask: AskList;
  rest: NameStatus[] | undefined;
}

/** What a client wants to know of names, over one connection. */
export class NameWatches {
  private readonly ends = new Map<number, () => void>();
  /** What has changed since it was told. */
  private readonly changed = new Map<number, Watch>();
  private readonly lists: Listing[] = [];

  /** @param stir Called when there is something to be told. */
  constructor(
    private readonly table: LockTable,
    private readonly stir: () => void,
  ) {}

  get size(): number {
    return this.ends.size;
  }

  /** How many lists are still to be told. */
  get listings(): number {
    return this.lists.length;
  }

  /** Is there more of a list to be told? */
  get hasMore(): boolean {
    return this.lists.length > 0;
  }

  status({ id, name, semaphore }: AskStatus | Watch): ServerMessage {
    return { type: 'status', id, status: nameStatus(this.table.status(name, semaphore)) };
  }

  /** It is made when it is its turn: of several, which may all be long, there is one. */
  list(ask: AskList): void {
    this.lists.push({ ask, rest: undefined });
    this.stir();
  }

  watch(ask: Watch): void {
    const tell = (): void => {
      this.changed.set(ask.id, ask);
      this.stir();
    };
    this.ends.set(ask.id, this.table.watch(ask.name, tell, ask.semaphore));
    tell();
  }

  /** @returns Was there such a watch? */
  unwatch(id: number): boolean {
    const end = this.ends.get(id);
    if (end === undefined) return false;
    this.ends.delete(id);
    this.changed.delete(id);
    end();
    return true;
  }

  /** What is to be told now: what has changed, and the next part of a list. */
  take(): ServerMessage[] {
    const messages = Array.from(this.changed.values(), (ask) => this.status(ask));
    this.changed.clear();
    const [list] = this.lists;
    if (list === undefined) return messages;
    const { id, prefix, semaphore } = list.ask;
    list.rest ??= this.table.list(prefix, semaphore).map(nameStatus);
    const locks = list.rest.splice(0, PART);
    const more = list.rest.length > 0;
    if (!more) this.lists.shift();
    messages.push({ type: 'list', id, locks, ...(more ? { more } : {}) });
    return messages;
  }

  close(): void {
    for (const id of [...this.ends.keys()]) this.unwatch(id);
    this.lists.length = 0;
  }
}
