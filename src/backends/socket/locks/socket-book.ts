import type { Grant } from '../../../contract/backend.js';
import { HeldSum } from '../../../native/held-sum.js';
import { ChurnMap } from '../../../values/churn-map.js';
import type { SocketGrant } from './socket-grant.js';
import { Ttls } from './ttls.js';

/** A lock that nobody asks for in so many of its ttls is one that nobody believes in any more. */
const FORGOTTEN = 2;

/** What this client believes that it holds. */
export class SocketBook {
  /** As the server reckons it. */
  readonly sum = new HeldSum();
  /** Of what keep-alives keep: what is held, and those who wait. */
  readonly kept = new Ttls();
  /** Of what is held, and kept by keep-alives. */
  readonly held = new Ttls();
  /** The highest number of a message about what is held that was heard. */
  news = 0;
  private readonly grants = new ChurnMap<number, SocketGrant>();

  get size(): number {
    return this.grants.size;
  }

  get ids(): number[] {
    return [...this.grants.keys()];
  }

  /** Is it held by this client? */
  has(grant: Grant): grant is SocketGrant {
    return !(grant as SocketGrant).isOver && this.grants.get((grant as SocketGrant).id) === grant;
  }

  find(id: number): SocketGrant | undefined {
    return this.grants.get(id);
  }

  add(grant: SocketGrant): void {
    if (this.grants.get(grant.id) === grant) return;
    grant.isOver = false;
    this.grants.set(grant.id, grant);
    this.sum.add(grant.id);
    this.count(grant, true);
  }

  remove(grant: SocketGrant): void {
    if (this.grants.get(grant.id) !== grant) return;
    grant.isOver = true;
    this.grants.delete(grant.id);
    this.sum.remove(grant.id);
    this.count(grant, false);
  }

  /** It is confirmed for another ttl from now on. */
  setTtl(grant: SocketGrant, ttl: number): void {
    const isCounted = this.grants.get(grant.id) === grant && ttl !== grant.ttl;
    if (isCounted) this.count(grant, false);
    grant.ttl = ttl;
    if (isCounted) this.count(grant, true);
  }

  /** Everything, which is over by that. */
  clear(): SocketGrant[] {
    const all = [...this.grants.values()];
    for (const grant of all) this.remove(grant);
    return all;
  }

  /**
   * Looks for those that nobody believes in any more, as nobody asks for them: work was given up, say. Their time counts from the look after they
   * were asked for last, never from before it, so a single look finds none of those that were asked for since the one before.
   */
  forgotten(now: number): SocketGrant[] {
    const found: SocketGrant[] = [];
    for (const grant of this.grants.values()) {
      if (grant.isAsked) {
        grant.isAsked = false;
        grant.lookedAt = now;
      } else if (now - grant.lookedAt > FORGOTTEN * grant.ttl) found.push(grant);
    }
    return found;
  }

  private count({ isRenewed, ttl }: SocketGrant, isMore: boolean): void {
    if (!isRenewed) return;
    if (isMore) {
      this.kept.add(ttl);
      this.held.add(ttl);
    } else {
      this.kept.remove(ttl);
      this.held.remove(ttl);
    }
  }
}
