import type { ServerCore } from '../../server-core.js';
import type { LockViews } from '../desk/lock-views.js';
import type { ElectionDesk, Leader } from '../desk/election-desk.js';
import type { LockView } from '../desk/lock-view.js';
import type { WallClock } from '../desk/wall-clock.js';
import type { Call } from '../wire/call.js';
import { EventStream } from './event-stream.js';
import { lockChanges, type LockChange } from './lock-changes.js';

const BEAT = 15_000;
const ELECTION_SECONDS = 900;
const STATE = 'event: state\nretry: 1000\n';

/** Who reads a stream. */
interface Reader {
  /** May he go on? */
  isWelcome(): boolean;
  /** Called once, when it is over. */
  onEnd(): void;
}

/** All that is told as it happens, and to whom. Each stream begins with what is. */
export class WatchDesk {
  private readonly streams = new Map<EventStream, Reader>();

  constructor(
    private readonly core: ServerCore,
    private readonly views: LockViews,
    private readonly elections: ElectionDesk,
    private readonly clock: WallClock,
  ) {}

  get size(): number {
    return this.streams.size;
  }

  lock(call: Call, name: string, reader: Reader): void {
    let last = this.views.view(name);
    const stream = this.open(call, `:\n\n`, Infinity, reader, () =>
      this.core.table.watch(name, () => {
        const view = this.views.view(name);
        for (const change of lockChanges(last, view, this.core.now())) stream.tell(this.shown(name, change));
        last = view;
      }),
    );
    stream.tell(
      this.shown(name, { event: last.isHeld ? 'acquired' : 'released', view: last.isHeld ? last : undefined }),
    );
  }

  election(call: Call, id: string, reader: Reader): void {
    const stream = this.open(call, ': keepalive\n\n', ELECTION_SECONDS * 1000, reader, () =>
      this.elections.watch(id, () => {
        stream.tell(this.stateOf(id), STATE);
      }),
    );
    stream.tell(this.stateOf(id), STATE);
  }

  /** Ends those of readers that are not welcome any more. */
  review(): void {
    for (const [stream, reader] of this.streams) if (!reader.isWelcome()) stream.close();
  }

  close(): void {
    for (const stream of this.streams.keys()) stream.close();
  }

  private open(call: Call, beat: string, max: number, reader: Reader, watch: () => () => void): EventStream {
    let unwatch: (() => void) | undefined = undefined;
    const onEnd = (): void => {
      this.streams.delete(stream);
      unwatch?.();
      reader.onEnd();
    };
    const stream = new EventStream(call, this.core, { beat, every: BEAT, max, onEnd });
    this.streams.set(stream, reader);
    unwatch = watch();
    return stream;
  }

  private shown(name: string, { event, view }: LockChange): object {
    return {
      event,
      lock_name: name,
      ...(view === undefined ? {} : timesOf(view, this.clock)),
      observed_at: this.clock.today(),
    };
  }

  private stateOf(id: string): object {
    const leader = this.elections.leader(id);
    return {
      schema_version: 1,
      election_id: id,
      status: leader === undefined ? 'vacant' : 'leader',
      leader: leader === undefined ? null : leaderJson(leader, this.clock),
      retry_after_ms: leader === undefined ? 0 : this.clock.rest(leader.due),
      observed_at: this.clock.today(),
    };
  }
}

/** A leader, as everybody may see it. */
export function leaderJson({ candidate, metadata, term, due }: Leader, clock: WallClock): object {
  return {
    candidate_id: candidate,
    ...(metadata === undefined ? {} : { metadata }),
    term,
    expires_at: clock.dateOf(due),
  };
}

function timesOf({ fencingToken, due = 0 }: LockView, clock: WallClock): object {
  return { fencing_token: fencingToken, expires_at: clock.dateOf(due) };
}
