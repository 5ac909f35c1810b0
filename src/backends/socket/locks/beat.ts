import type { LockError } from '../../../contract/errors.js';
import type { Alive } from '../../../native/from-client.js';
import { SocketAsk, type Answer } from '../client/socket-ask.js';

/** What became of a keep-alive. */
export type Verdict =
  { readonly type: 'kept'; readonly sentAt: number } | { readonly type: 'unknown'; readonly cause: LockError };

/** Who wants to know what became of a keep-alive. */
export type Listener = (verdict: Verdict) => void;

/** Who sends keep-alives. */
export interface BeatOwner {
  /** It is sent now. */
  sends(beat: Beat): Omit<Alive, 'type' | 'id'>;
  kept(beat: Beat): void;
  /** The server has something else for us than we believe in: it has kept nothing. */
  mismatched(beat: Beat): void;
  lost(beat: Beat): void;
}

/** One keep-alive, for all that is held. */
export class Beat extends SocketAsk {
  /** What was heard when it was sent. */
  news = 0;
  readonly listeners: Listener[] = [];

  constructor(private readonly owner: BeatOwner) {
    super();
  }

  write(id: number): Alive {
    const { news, count, hash } = this.owner.sends(this);
    this.news = news;
    return { type: 'alive', id, news, count, hash };
  }

  heard({ type }: Answer): boolean {
    if (type !== 'done' && type !== 'mismatch') return false;
    this.end();
    if (type === 'done') this.owner.kept(this);
    else this.owner.mismatched(this);
    return true;
  }

  failed(cause: LockError): void {
    this.owner.lost(this);
    this.tell({ type: 'unknown', cause });
  }

  tell(verdict: Verdict): void {
    for (const listener of this.listeners) listener(verdict);
  }
}
