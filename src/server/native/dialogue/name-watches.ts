import type { AskList, AskStatus, Watch } from '../../../native/from-client.js';
import type { NameStatus, ServerMessage } from '../../../native/from-server.js';
import { effortOf, type Effort } from '../../effort.js';
import { namesOf } from '../../names-of.js';
import type { ServerCore } from '../../server-core.js';
import { nameStatus } from '../desk/held-by.js';

/** So many names are looked at, and told, at once. */
const PART = 128;
/** Or as many as have so much metadata together. Characters. */
const MAX_METADATA = 64 * 1024;
/** So many lists may be waited for. */
const MAX_LISTS = 64;

/** What it takes to look at one of them, of what a short request takes. */
const EACH = 1 / 32;

/** What a client wants to know of names, over one connection. */
export class NameWatches {
  private readonly ends = new Map<number, () => void>();
  /** What has changed since it was told. */
  private readonly changed = new Map<number, Watch>();
  /** Those that are still to be told, one after the other: none is made before its turn. */
  private readonly lists: AskList[] = [];
  /** The names that are left of the first. Each is told as it is when its turn comes: a list of all would be kept for whoever does not read it. */
  private rest: string[] | undefined = undefined;

  /** @param stir Called when there is something to be told. */
  constructor(
    private readonly core: Pick<ServerCore, 'table' | 'effort'>,
    private readonly stir: () => void,
  ) {}

  get size(): number {
    return this.ends.size;
  }

  /** Is there more to be told? */
  get hasMore(): boolean {
    return this.lists.length > 0 || this.changed.size > 0;
  }

  status({ id, name, semaphore }: AskStatus | Watch): ServerMessage {
    return { type: 'status', id, status: this.look(name, semaphore) };
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

  /** What is to be told now: of what has changed, and of a list, the next part. */
  take(): ServerMessage[] {
    const messages: ServerMessage[] = [];
    const part = new Portion(this.core.effort);
    for (const [id, ask] of this.changed) {
      if (part.isFull) return messages;
      this.changed.delete(id);
      messages.push({ type: 'status', id: ask.id, status: part.add(this.look(ask.name, ask.semaphore)) });
    }
    const [list] = this.lists;
    if (list === undefined || part.isFull) return messages;
    const rest = (this.rest ??= namesOf(this.core, list.prefix, list.semaphore));
    const locks: NameStatus[] = [];
    while (rest.length > 0 && !part.isFull) {
      const status = part.add(this.look(rest.pop() as string, list.semaphore));
      if (status.holders > 0) locks.push(status);
    }
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

  private look(name: string, semaphore: boolean | undefined): NameStatus {
    return nameStatus(this.core.table.status(name, semaphore));
  }
}

/** What is told at once: so much that it is soon somebody else's turn. */
class Portion {
  private count = 0;
  private metadata = 0;

  constructor(private readonly effort: Effort) {}

  get isFull(): boolean {
    return this.count >= PART || this.metadata >= MAX_METADATA;
  }

  add(status: NameStatus): NameStatus {
    const size = status.metadata?.length ?? 0;
    this.count++;
    this.metadata += size;
    this.effort.total += EACH + effortOf(size);
    return status;
  }
}
