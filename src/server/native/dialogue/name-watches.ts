import type { AskList, AskStatus, Watch } from '../../../native/from-client.js';
import type { NameStatus, ServerMessage } from '../../../native/from-server.js';
import type { ServerCore } from '../../server-core.js';
import { nameStatus } from '../desk/held-by.js';

/** So many are told at once of a long list. */
const PART = 128;
/** So many lists may be waited for. */
const MAX_LISTS = 64;
/** So many names are looked through for what a short request takes. */
const AT_ONCE = 32;

/** What a client wants to know of names, over one connection. */
export class NameWatches {
  private readonly ends = new Map<number, () => void>();
  /** What has changed since it was told. */
  private readonly changed = new Map<number, Watch>();
  /** Those that are still to be told, one after the other: none is made before its turn. */
  private readonly lists: AskList[] = [];
  /** What is left of the first. */
  private rest: NameStatus[] | undefined = undefined;

  /** @param stir Called when there is something to be told. */
  constructor(
    private readonly core: Pick<ServerCore, 'table' | 'effort'>,
    private readonly stir: () => void,
  ) {}

  get size(): number {
    return this.ends.size;
  }

  /** Is there more of a list to be told? */
  get hasMore(): boolean {
    return this.lists.length > 0;
  }

  status({ id, name, semaphore }: AskStatus | Watch): ServerMessage {
    return { type: 'status', id, status: nameStatus(this.core.table.status(name, semaphore)) };
  }

  /** @returns Was that not one too many? */
  list(ask: AskList): boolean {
    if (this.lists.length >= MAX_LISTS) return false;
    this.lists.push(ask);
    this.stir();
    return true;
  }

  watch(ask: Watch): void {
    const tell = (): void => {
      this.changed.set(ask.id, ask);
      this.stir();
    };
    this.ends.set(ask.id, this.core.table.watch(ask.name, tell, ask.semaphore));
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
    const rest = (this.rest ??= this.look(list));
    const locks = rest.splice(-PART);
    const more = rest.length > 0;
    if (!more) {
      this.lists.shift();
      this.rest = undefined;
    }
    messages.push({ type: 'list', id: list.id, locks, ...(more ? { more } : {}) });
    return messages;
  }

  close(): void {
    for (const id of [...this.ends.keys()]) this.unwatch(id);
    this.lists.length = 0;
    this.rest = undefined;
  }

  private look({ prefix, semaphore }: AskList): NameStatus[] {
    const { table, effort } = this.core;
    effort.total += table.size / AT_ONCE;
    return table.list(prefix, semaphore).map(nameStatus);
  }
}
