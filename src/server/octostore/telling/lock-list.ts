import { Burst } from '../../burst.js';
import { effortOf } from '../../effort.js';
import type { Worker } from '../../rota.js';
import type { ServerCore } from '../../server-core.js';
import type { Call, RawResponse } from '../wire/call.js';
import { UntakenAnswer } from './untaken-answer.js';

const BEGIN = '{"locks":[';
/** What it takes to look whether one is still to be told, of what a short request takes. */
const EACH = 1 / 8;
/** Bytes that one takes as long as it is not told. */
const WAITING = 8;

/** What is told of each lock, and after all of them. */
export interface LockListOptions<T> {
  /** @returns Survives `JSON.stringify`; `undefined`: that one is not there any more. */
  show(item: T): object | undefined;
  /** @param total So many were told. */
  end(total: number): object;
  /** A client that takes nothing for so long is cut off. Milliseconds. */
  readonly stallTime: number;
}

/**
 * An answer that lists locks, however many. It is made part by part: each in its turn among all who have something to do, and when the client has taken
 * the one before. So nobody waits for it, and no more than a part of it is kept; each lock is told as it is at its turn.
 */
export class LockList<T> implements Worker {
  due = 0;
  last = 1;
  position = -1;
  private readonly response: RawResponse;
  private readonly burst: Burst;
  private items: readonly T[] | undefined = undefined;
  private text = BEGIN;
  private next = 0;
  private told = 0;
  /** What is not taken yet. Absent: the client went before anything was told. */
  private readonly untaken: UntakenAnswer | undefined;
  private readonly gather = (): void => {
    const items = (this.items ??= this.find());
    while (this.next < items.length && !this.burst.isOver(this.text.length)) this.add(items[this.next++] as T);
  };

  /** @param find Looks for what is to be told. Called once, in its turn as well, as that may take long. */
  constructor(
    call: Call,
    private readonly find: () => readonly T[],
    private readonly core: ServerCore,
    private readonly options: LockListOptions<T>,
  ) {
    const { response, headers } = call.takeOver();
    this.response = response;
    this.burst = new Burst(core.now);
    if (response.destroyed) return;
    this.untaken = new UntakenAnswer(response, core, options.stallTime, () => this.rest * WAITING);
    for (const [name, value] of Object.entries({ ...headers, 'content-type': 'application/json' })) {
      response.setHeader(name, value);
    }
    response
      .on('drain', () => {
        // Not at once: what the system takes at once would be followed by the next part before anybody else is looked at.
        core.rota.wait(this);
      })
      // A reset; 'close' follows.
      .on('error', () => {})
      .on('close', () => {
        core.rota.leave(this);
      });
    if (call.isHead) response.end();
    else core.rota.enter(this);
  }

  work(time: number): number {
    const { effort, turn, rota } = this.core;
    const before = effort.total;
    this.burst.begin(time);
    // Whoever looks at a lock may be the first to see that one has run out.
    turn.run(this.gather);
    if (this.flush()) rota.wait(this);
    return effort.total - before;
  }

  /** How many are still to be looked at. */
  private get rest(): number {
    return (this.items?.length ?? 0) - this.next;
  }

  private add(item: T): void {
    const { effort } = this.core;
    effort.total += EACH;
    const shown = this.options.show(item);
    if (shown === undefined) return;
    const text = JSON.stringify(shown);
    this.text += this.told === 0 ? text : `,${text}`;
    this.told++;
    // To make it and to write it.
    effort.total += 1 + effortOf(text.length);
  }

  /** Writes what there is. @returns Is there more, and has the client taken enough of it? */
  private flush(): boolean {
    const { response, text } = this;
    const isLast = this.rest === 0;
    this.text = '';
    // As one object whose first field is done.
    if (isLast) response.end(text + JSON.stringify({ locks: [], ...this.options.end(this.told) }).slice(BEGIN.length));
    const goesOn = !isLast && (text === '' || response.write(text));
    this.untaken?.count();
    return goesOn;
  }
}
