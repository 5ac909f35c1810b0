import { LockAuthenticationError } from '../../../contract/errors.js';
import { ChurnMap } from '../../../values/churn-map.js';
import { codeOf, errorOfReply } from '../wire/error-of-reply.js';
import { isSharded } from '../wire/is-sharded.js';
import { wholeChannel } from './channels.js';
import type { ChannelListener } from '../wire/port.js';
import type { Desk } from './desk.js';
import { Hearing, OWN } from './hearing.js';

/** For how long something is taken for wanted after somebody has waited for it. Milliseconds. */
const MOMENT = 30_000;
/** So many of those are remembered. */
const MOST = 1000;

/** Somebody who waits, as his client's channel knows him. */
export interface Waiter {
  readonly owner: string;
  /** It is his turn: he is to ask now. */
  called(): void;
  /** Whether it is his turn, he can ask now. */
  look(): void;
  /** Another one is before him; he may not come for what is his. */
  lookSoon(): void;
}

/**
 * All of this client who wait, and the one channel on which they are told that it is their turn. A message says no more than that it is worth
 * asking: who waits asks from time to time anyway.
 */
export class Waiters implements ChannelListener {
  private readonly waiters = new ChurnMap<string, Waiter>();
  private readonly counts = new ChurnMap<string, number>();
  /** When somebody last waited for what nobody here waits for now, on `clock.elapsed`. */
  private since = new ChurnMap<string, number>();
  private isListening = false;
  private listening: Promise<LockAuthenticationError | undefined> | undefined;

  private readonly hearing: Hearing;

  constructor(
    private readonly desk: Pick<Desk, 'calls' | 'clock' | 'timeouts' | 'timeout'>,
    private channel: string,
  ) {
    this.hearing = new Hearing(desk, () => this.channel);
  }

  /** Does anybody wait for it here, or did so a moment ago? Then it is hardly free. */
  has(key: string): boolean {
    // Most clients wait for nothing, and a look-up of a key that was just made is dear.
    if (this.counts.size + this.since.size === 0) return false;
    if (this.counts.get(key) !== undefined) return true;
    const since = this.since.get(key);
    if (since === undefined) return false;
    if (this.desk.clock.elapsed() - since < MOMENT) return true;
    this.since.delete(key);
    return false;
  }

  add(key: string, waiter: Waiter): void {
    if (this.waiters.size === 0) this.hearing.begin();
    this.waiters.set(waiter.owner, waiter);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  delete(key: string, waiter: Waiter): void {
    if (this.waiters.get(waiter.owner) === undefined) return;
    this.waiters.delete(waiter.owner);
    if (this.waiters.size === 0) this.hearing.end();
    const count = this.counts.get(key) ?? 0;
    if (count > 1) this.counts.set(key, count - 1);
    else {
      this.counts.delete(key);
      if (this.since.size >= MOST) this.since = new ChurnMap();
      this.since.set(key, this.desk.clock.elapsed());
    }
  }

  /** It was free: nobody waits for it any more. */
  forget(key: string): void {
    this.since.delete(key);
  }

  /**
   * Calls back once messages are heard, or it has turned out that they cannot be heard now: then the asking alone must do. With an error if
   * they must never be.
   */
  listen(then: (error?: LockAuthenticationError) => void): void {
    if (this.isListening) then();
    else void (this.listening ??= this.subscribe()).then(then);
  }

  message(text: string): void {
    this.hearing.prove();
    if (text === OWN) return;
    if (text.startsWith('~')) this.waiters.get(text.slice(1))?.lookSoon();
    else this.waiters.get(text)?.called();
  }

  missed(): void {
    this.hearing.forget();
    for (const waiter of [...this.waiters.values()]) waiter.look();
  }

  private subscribeTo(channel: string): Promise<void> {
    return this.desk.calls.limit((port) => port.subscribe(channel, this), { isVital: false });
  }

  private async subscribe(): Promise<LockAuthenticationError | undefined> {
    const { calls } = this.desk;
    try {
      await this.subscribeTo(this.channel).catch((error: unknown) => {
        if (!isSharded(this.channel) || !isUnknown(error)) throw error;
        this.channel = wholeChannel(this.channel);
        return this.subscribeTo(this.channel);
      });
      this.isListening = true;
      this.hearing.prove();
      return undefined;
    } catch (error) {
      const known = errorOfReply(error, { what: 'listen for the locks', where: calls.port.where });
      // After anything else the next who waits tries it again.
      return known instanceof LockAuthenticationError ? known : undefined;
    } finally {
      this.listening = undefined;
    }
  }
}

/** Before version 7 no server has sharded channels, and an ACL may know of the others only. */
function isUnknown(error: unknown): boolean {
  return /^ERR unknown command/i.test((error as Error).message) || codeOf(error) === 'NOPERM';
}
