import type { RedisNode } from './port.js';

/** A server that has not answered for longer may have been away: what others could not say meanwhile is not known. Milliseconds. */
const GAP = 2000;

/** A time in which a server has answered again and again, on `clock.elapsed`. */
interface Spell {
  readonly since: number;
  last: number;
}

/** Since when servers have answered without a break. Of one that was asked nothing nobody knows whether it was there. */
export class Contact {
  private readonly spells = new Map<RedisNode | undefined, Spell>();

  /** @returns Infinity if it has not answered yet, or not since a break, or not just now. */
  since(node: RedisNode | undefined, now: number): number {
    const spell = this.spells.get(node);
    return spell !== undefined && now - spell.last <= GAP ? spell.since : Infinity;
  }

  /** It has answered. */
  heard(node: RedisNode | undefined, now: number): void {
    const spell = this.spells.get(node);
    if (spell !== undefined && now - spell.last <= GAP) spell.last = now;
    else this.spells.set(node, { since: now, last: now });
  }

  /** It does not answer, or cannot do what it is asked for; without one, that is so of all. */
  broken(node: RedisNode | undefined): void {
    if (node === undefined) this.spells.clear();
    else this.spells.delete(node);
  }
}
