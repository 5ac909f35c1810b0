import type { ServerTable } from '../../../table/server-table.js';
import type { Timeouts } from '../../../values/timeouts.js';
import { Ringer } from '../../ringer.js';
import type { Turn } from '../../turn.js';
import { NativePlace } from './native-place.js';
import type { NativeSession } from './native-session.js';

/**
 * So often who waits is told how many are before him; less often where many wait. Milliseconds. Each time many are written to at once, which a hand-over
 * must seldom have to wait for.
 */
const PAUSE = 250;

/** One name that clients wait for, and where each of them was told that he stands. */
class TellingQueue {
  readonly told = new Map<NativePlace, number>();

  constructor(
    readonly ringer: Ringer,
    readonly unwatch: () => void,
  ) {}
}

/** Tells those who wait how many are before them. It is for people: not at each change. */
export class Positions {
  private readonly queues = new Map<string, TellingQueue>();

  constructor(
    private readonly table: ServerTable,
    private readonly timeouts: Timeouts,
    private readonly turn: Turn,
  ) {}

  /** @param position Where it was told that it stands. */
  add(place: NativePlace, position: number): void {
    const key = keyOf(place);
    let queue = this.queues.get(key);
    if (queue === undefined) this.queues.set(key, (queue = this.open(place)));
    queue.told.set(place, position);
  }

  /** Where a place was told that it stands; `undefined` if it was not. */
  toldTo(place: NativePlace): number | undefined {
    return this.queues.get(keyOf(place))?.told.get(place);
  }

  remove(place: NativePlace): void {
    const key = keyOf(place);
    const queue = this.queues.get(key);
    if (queue?.told.delete(place) !== true || queue.told.size > 0) return;
    this.queues.delete(key);
    this.timeouts.clear(queue.ringer);
    queue.unwatch();
  }

  private open({ name, ask: { limit } }: NativePlace): TellingQueue {
    const ringer = new Ringer(() => {
      this.turn.run(() => {
        this.tell(name, limit !== undefined, queue);
      });
    });
    const changed = (): void => {
      if (ringer.position < 0) this.timeouts.set(ringer, this.timeouts.now() + Math.max(PAUSE, queue.told.size));
    };
    const queue: TellingQueue = new TellingQueue(ringer, this.table.watch(name, changed, limit !== undefined));
    return queue;
  }

  private tell(name: string, semaphore: boolean, queue: TellingQueue): void {
    let position = 0;
    for (const place of this.table.queue(name, semaphore)) {
      if (place instanceof NativePlace && queue.told.has(place) && queue.told.get(place) !== position) {
        queue.told.set(place, position);
        (place.owner as NativeSession).tell({ type: 'position', id: place.id, position });
      }
      position++;
    }
  }
}

function keyOf({ name, ask: { limit } }: NativePlace): string {
  return limit === undefined ? `lock ${name}` : `semaphore ${name}`;
}
