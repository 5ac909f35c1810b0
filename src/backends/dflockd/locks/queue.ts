import type { Attempt } from './attempt.js';
import { Enqueuing } from './enqueuing.js';
import type { Waiting } from './waiting.js';

/**
 * So many places of one key may be left, and wait for their turn to be given back. Whoever comes then gets one of them:
 * one who comes and leaves again and again must not fill the queue.
 */
const MAX_LEFT = 4;

/** What this client has in the queue of one key. */
interface Places {
  readonly all: Set<Waiting>;
  /** Those that nobody waits in any more. */
  readonly left: Set<Waiting>;
}

/** Who of this client waits in the servers' queues, each on a connection of its own. */
export class Queue {
  private readonly places = new Map<string, Places>();

  /** Is somebody of this client in the queue of this key? */
  has(key: string): boolean {
    return this.places.size > 0 && this.places.has(key);
  }

  /** Takes a place, or one that was left. */
  enter(attempt: Attempt): void {
    const { wanted, request, context } = attempt;
    const left = this.findLeft(wanted.key, request.limit);
    if (left !== undefined) left.resume(attempt);
    else new Enqueuing(this, attempt, context.server.forWaiter()).start();
  }

  /** @internal */
  add(waiting: Waiting): void {
    const { key } = waiting;
    const places = this.places.get(key);
    if (places === undefined) this.places.set(key, { all: new Set([waiting]), left: new Set() });
    else places.all.add(waiting);
  }

  /** @internal Nobody waits in it any more; or somebody does, after all. */
  leave(waiting: Waiting, isLeft: boolean): void {
    const left = this.places.get(waiting.key)?.left;
    if (isLeft) left?.add(waiting);
    else left?.delete(waiting);
  }

  /** @internal */
  remove(waiting: Waiting): void {
    const { key } = waiting;
    const places = this.places.get(key);
    places?.all.delete(waiting);
    places?.left.delete(waiting);
    if (places?.all.size === 0) this.places.delete(key);
  }

  /** The hindmost, so that nobody else is overtaken who came before it. */
  private findLeft(key: string, limit: number | undefined): Waiting | undefined {
    const left = this.places.get(key)?.left;
    if (left === undefined || left.size < MAX_LEFT) return undefined;
    let found: Waiting | undefined;
    for (const place of left) {
      if (place.limit === limit && (found === undefined || place.sentAt >= found.sentAt)) found = place;
    }
    return found;
  }
}
