import { firstValueFrom, from, map, race, timer } from 'rxjs';
import { systemScheduler } from '../../../values/system-scheduler.js';
import { LockClosedError } from '../../../contract/errors.js';
import { awaitTurn } from '../channel/await-turn.js';
import type { Channel } from '../channel/channel.js';
import { take } from '../channel/take.js';
import { takePlace } from '../channel/take-place.js';
import { AcquireTimeoutError, LockError } from '../document/errors.js';
import { giveBack } from '../channel/give-back.js';
import { openChannel } from '../channel/open-channel.js';
import { KeptLock } from './kept-lock.js';
import { serverOf, type Settings } from './settings.js';
import { translated } from '../document/translate.js';
import type { Confirmed, Wanted } from '../channel/wanted.js';

/** Nobody waits longer for the answer to a release; the server goes by the end of the connection then. Milliseconds. */
const PATIENCE = 1000;

/** From the first request for a lock to its end, on a connection of its own. */
export class Tenure {
  /** Has it a place in a queue, in which nobody waits yet? */
  private isQueued = false;
  private isOver = false;
  private channel: Channel | undefined;
  private kept: KeptLock | undefined;
  private grant: Confirmed | undefined;

  /**
   * @param lost Called once, if it is lost while it is held.
   * @param ended Called once, when nothing is left of it but what is being given back.
   */
  constructor(
    private readonly settings: Settings,
    private readonly wanted: Wanted,
    private readonly lost: (token: string) => void,
    private readonly ended: (tenure: Tenure) => void,
  ) {}

  get key(): string {
    return this.wanted.key;
  }

  /** What is held, if it is. Asks the clock. */
  get held(): Confirmed | undefined {
    return this.kept?.isHeld === true ? this.grant : undefined;
  }

  /** A place in a queue that went with its connection: who waits in it is told, who begins anew may. */
  get isBroken(): boolean {
    return this.channel?.error !== undefined;
  }

  /** @returns False if it was not granted in time. */
  acquire(): Promise<boolean> {
    return this.inTime((channel) => take(channel, this.wanted, this.settings.acquireTimeoutS));
  }

  enqueue(): Promise<'acquired' | 'queued'> {
    return this.settle(async (channel) => {
      const answer = await takePlace(channel, this.wanted);
      this.isQueued = answer === 'queued';
      if (answer === 'queued') return answer;
      this.hold(channel, answer);
      return 'acquired';
    });
  }

  /** @returns False if it was not granted in time. */
  async wait(timeout: number): Promise<boolean> {
    if (this.held !== undefined) return true;
    if (!this.isQueued) throw notEnqueued(this.key);
    this.isQueued = false;
    return this.inTime((channel) => awaitTurn(channel, this.wanted, timeout));
  }

  /**
   * Gives it back, or leaves its queue.
   *
   * @param token What it is held by, if its program says otherwise.
   * @throws LockError if the server says that it was not held any more.
   */
  async release(token?: string): Promise<void> {
    const { channel, held } = this;
    this.end();
    if (channel === undefined || held === undefined) {
      this.close();
      return;
    }
    // If the connection is at fault, the server frees the lock with it.
    const refusal = giveBack(channel, this.wanted.kind, this.key, token ?? held.token).catch(() => undefined);
    const impatience$ = timer(PATIENCE, systemScheduler).pipe(map(() => undefined));
    const answer = await firstValueFrom(race(from(refusal), impatience$));
    this.close();
    if (answer !== undefined) throw answer;
  }

  /** Closes the connection, with which the server frees what it has. */
  close(): void {
    this.end();
    this.channel?.close(new LockClosedError(`'${this.key}' was given up`));
  }

  private async inTime(grant: (channel: Channel) => Promise<Confirmed>): Promise<boolean> {
    try {
      await this.settle(async (channel) => {
        this.hold(channel, await grant(channel));
      });
      return true;
    } catch (error) {
      if (error instanceof AcquireTimeoutError) return false;
      throw error;
    }
  }

  private async settle<T>(ask: (channel: Channel) => Promise<T>): Promise<T> {
    try {
      const channel = this.open();
      const answer = await ask(channel);
      // Who was cut off is told why; who was given up is told so.
      if (this.isOver && channel.error?.retryable === true) throw translated(channel.error);
      if (this.isOver) throw new LockError(`'${this.key}' was over before it could be used`, this.name);
      return answer;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  private open(): Channel {
    if (this.isOver) throw new LockError(`'${this.key}' was given up meanwhile`, this.name);
    if (this.channel !== undefined) return this.channel;
    const [host, port] = serverOf(this.settings);
    return (this.channel = openChannel({ ...this.settings, host, port }));
  }

  private hold(channel: Channel, granted: Confirmed): void {
    const { token, renewal } = granted;
    const holding = channel.holdings.find(token);
    if (this.isOver || holding === undefined) {
      this.close();
      return;
    }
    const kept = new KeptLock(channel.holdings, holding, this.settings.renewRatio, renewal, () => {
      // What was over when it came was never held.
      const wasHeld = this.kept === kept;
      this.close();
      if (wasHeld) this.lost(token);
    });
    if (!kept.isHeld) return;
    this.grant = granted;
    this.kept = kept;
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.kept?.stop();
    this.ended(this);
  }

  private get name(): { readonly name: string } {
    return { name: this.key };
  }
}

/** The error for a wait without a place in the queue. */
export function notEnqueued(key: string): LockError {
  return new LockError(`'${key}' is not enqueued`, { name: key });
}
