import type { ServerCore } from '../../server-core.js';
import type { NativeDesk } from './native-desk.js';
import type { NativePlace } from './native-place.js';
import type { NativeSession } from './native-session.js';
import type { SessionBook } from './session-book.js';

/** Looks after sessions whose clients are silent: asks them for a sign of life, lets their places in queues go, and ends those that have nothing left. */
export class Care {
  constructor(
    private readonly core: Pick<ServerCore, 'now' | 'table' | 'turn'>,
    private readonly desk: NativeDesk,
    private readonly book: SessionBook,
  ) {}

  /** To be called when it is time to look, by the session's pulse. */
  beat(session: NativeSession): void {
    this.core.turn.run(() => {
      const now = this.core.table.sweep();
      for (const place of session.waiting.keys()) if (place.until <= now) this.desert(session, place);
      if (session.listener === undefined) this.awaitReturn(session);
      else this.tick(session, now);
    });
  }

  /** Its connection is gone. */
  dropped(session: NativeSession): void {
    session.listener = undefined;
    this.awaitReturn(session);
  }

  /** Gives back all that a session has, place by place: others may have their turn between. Nobody comes back to it any more. */
  *end(session: NativeSession): Generator<undefined, void> {
    this.forget(session);
    // The queue first, or what is given back would be granted to this very client.
    for (const place of [...session.waiting.keys(), ...session.places.values()]) {
      this.desk.giveBack(session, place);
      yield;
    }
  }

  private forget(session: NativeSession): void {
    session.pulse.stop();
    this.book.end(session);
  }

  private tick(session: NativeSession, now: number): void {
    const { interval } = session.pulse;
    if (interval === Infinity) return;
    const rest = session.aliveAt + interval - now;
    if (rest <= 0) session.tell({ type: 'tick' });
    // From time to time also if it never answers: it may wait for something.
    session.pulse.within(rest > 0 ? rest : interval);
  }

  /** It stays as long as anything that it has. */
  private awaitReturn(session: NativeSession): void {
    if (session.places.size === 0) {
      this.forget(session);
      return;
    }
    let next = Infinity;
    for (const place of session.waiting.keys()) next = Math.min(next, place.until);
    if (next === Infinity)
      for (const place of session.places.values()) next = Math.max(next === Infinity ? 0 : next, place.until);
    session.pulse.within(Math.max(1, next - this.core.now()));
  }

  private desert(session: NativeSession, place: NativePlace): void {
    const { id } = place;
    this.desk.giveBack(session, place);
    session.tell({ type: 'error', id, code: 'gone', message: 'nothing has kept this place in the queue for its ttl' });
  }
}
