import { interval, type Subscription } from 'rxjs';
import { DistributedLock, type DistributedOptions } from '../../../src/compat/dflockd/index.js';
import { until } from '../../support/poll.js';
import type { History, Told } from './history.js';
import { PATIENCE } from './party.js';

/** How often it is asked whether it is held. Milliseconds. */
const BEAT = 10;

/** A lock of the documented client, and what is believed of it: by its promises, by `onLockLost`, and by its token. */
export class DropIn {
  readonly lock: DistributedLock;
  /** What `onLockLost` was called with. */
  readonly lost: (readonly [key: string, token: string])[] = [];
  private token = '';
  private beat: Subscription | undefined;

  constructor(
    private readonly who: string,
    private readonly history: History,
    options: DistributedOptions,
  ) {
    this.lock = new DistributedLock({
      ...options,
      onLockLost: (key, token) => {
        this.lost.push([key, token]);
        this.note('lost', token);
        options.onLockLost?.(key, token);
      },
    });
  }

  /**
   * Takes it, and looks at it again and again from then on.
   *
   * @param inTwo In two steps, whatever the first gives.
   */
  async acquire(inTwo = false): Promise<boolean> {
    if (inTwo) await this.lock.enqueue();
    const isGranted = await (inTwo ? this.lock.wait() : this.lock.acquire());
    const { token } = this.lock;
    if (!isGranted || token === null) return false;
    this.token = token;
    this.note('acquired', token);
    this.beat ??= interval(BEAT).subscribe(() => {
      if (this.lock.token !== null) this.note('value', this.lock.token);
    });
    return true;
  }

  async release(): Promise<void> {
    if (this.lock.token !== null) this.note('released', this.token);
    await this.lock.release();
  }

  /** Resolves when it has been told so. */
  async gone(): Promise<void> {
    await until(() => this.lost.length > 0, 'the loss', PATIENCE);
  }

  end(): void {
    this.beat?.unsubscribe();
    if (this.lock.token !== null) this.note('released', this.token);
    this.lock.close();
  }

  private note(type: Told['type'], lease: string): void {
    const now = Date.now();
    this.history.all.push({ who: this.who, type, at: now, told: now, lease });
  }
}
