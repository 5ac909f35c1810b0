import type { Timeout } from '../../../values/timeouts.js';
import { isSharded } from '../wire/is-sharded.js';
import type { Desk } from './desk.js';
import { PERIOD } from './verbs.js';

/** What a client tells itself. */
export const OWN = '=';
/** By a script with a key of the same slot: some libraries put their prefix before a channel of this kind, as if it were a key. */
const SHARDED = "return redis.call('SPUBLISH', ARGV[1], ARGV[2])";

/**
 * Proves from time to time that messages are heard, as long as somebody waits for one: a client sends one to itself. A connection can be open, and
 * nothing comes on it; then another one is made.
 */
export class Hearing implements Timeout {
  due = 0;
  position = -1;
  private provenAt = -Infinity;
  /** Since when its own message is on its way, on the clock of the timeouts. */
  private sentAt: number | undefined;

  constructor(
    private readonly desk: Pick<Desk, 'calls' | 'timeouts' | 'timeout'>,
    private readonly channel: () => string,
  ) {}

  /** Somebody waits. Most waits are over before anything has to be proven. */
  begin(): void {
    const { timeouts } = this.desk;
    timeouts.set(this, Math.max(timeouts.now() + PERIOD / 2, this.provenAt + PERIOD));
  }

  /** Nobody waits any more. */
  end(): void {
    this.sentAt = undefined;
    this.desk.timeouts.clear(this);
  }

  /** Something is heard: now it is known. */
  prove(): void {
    this.provenAt = this.desk.timeouts.now();
    this.sentAt = undefined;
  }

  /** The connection was lost, or is there again: what is on its way will not come. */
  forget(): void {
    this.sentAt = undefined;
  }

  ring(): void {
    const { calls, timeouts, timeout } = this.desk;
    const now = timeouts.now();
    if (now - this.provenAt < PERIOD) {
      timeouts.set(this, this.provenAt + PERIOD);
      return;
    }
    if (this.sentAt === undefined) this.send(now);
    else if (now - this.sentAt >= timeout) {
      this.sentAt = undefined;
      calls.port.listenAnew();
    }
    timeouts.set(this, now + (this.sentAt === undefined ? PERIOD : Math.min(PERIOD, timeout)));
  }

  private send(now: number): void {
    const { calls } = this.desk;
    const channel = this.channel();
    const said = [channel, OWN];
    const [command, words] = isSharded(channel) ? ['EVAL', [SHARDED, '1', channel, ...said]] : ['PUBLISH', said];
    this.sentAt = now;
    // Whatever is wrong then is no silence.
    calls
      .limit((port) => port.send(command, words, channel), { isVital: false })
      .catch(() => {
        if (this.sentAt === now) this.sentAt = undefined;
      });
  }
}
