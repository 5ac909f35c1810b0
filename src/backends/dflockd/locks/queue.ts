import type { Asker } from './asker.js';
import { Enqueuing } from './enqueuing.js';
import type { Places, Queued } from './queued.js';

/**
 * So many places of one key may be left, and wait for their turn to be given back. Whoever comes then gets one of them:
 * one who comes and leaves again and again must not fill the queue.
 */
const MAX_LEFT = 4;

/** What this client has in the queue of one key. */
interface Line {
  readonly all: Set<Queued>;
  /** Those that nobody waits in any more. */
  readonly left: Set<Queued>;
}

/** Who of this client waits in the servers' queues, each on a connection of its own. */
export class Queue implements Places {
  private readonly lines = new Map<string, Line>();

  /** Is somebody of this client in the queue of this key? */
  has(key: string): boolean {
    return this.lines.size > 0 && this.lines.has(key);
  }

  /** Takes a place, or one that was left. */
  enter(asker: Asker): void {
    const { wanted, request } = asker;
    const left = this.findLeft(wanted.key, request.limit);
    if (left !== undefined) left.resume(asker);
    else new Enqueuing(this, asker, asker.connect()).start();
  }

  add(queued: Queued): void {
    const { key } = queued;
    const line = this.lines.get(key);
    if (line === undefined) this.lines.set(key, { all: new Set([queued]), left: new Set() });
    else line.all.add(queued);
  }

  leave(queued: Queued, isLeft: boolean): void {
    const left = this.lines.get(queued.key)?.left;
    if (isLeft) left?.add(queued);
    else left?.delete(queued);
  }

  remove(queued: Queued): void {
    const { key } = queued;
    const line = this.lines.get(key);
    line?.all.delete(queued);
    line?.left.delete(queued);
    if (line?.all.size === 0) this.lines.delete(key);
  }

  /** The hindmost, so that nobody else is overtaken who came before it. */
  private findLeft(key: string, limit: number | undefined): Queued | undefined {
    const left = this.lines.get(key)?.left;
    if (left === undefined || left.size < MAX_LEFT) return undefined;
    let found: Queued | undefined;
    for (const place of left) {
      if (place.limit === limit && (found === undefined || place.sentAt >= found.sentAt)) found = place;
    }
    return found;
  }
}
