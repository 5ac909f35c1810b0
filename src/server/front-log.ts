import type { FrontName } from './meters.js';
import type { LogFields, ServerLog } from './server-log.js';

/** What becomes of clients, and of what they ask for, whatever they speak. */
export type ClientEvent =
  | 'client connected'
  | 'client known'
  | 'client refused'
  | 'client cut off'
  | 'client gone'
  | 'ask refused'
  | 'lock granted'
  | 'lock released'
  | 'lock lost';

/** Tells at `debug` what becomes of each client of a front. No secret is in it; names of locks and users are as their owners chose them. */
export class FrontLog {
  /** Is it worth while to gather what is told? */
  readonly isOn: boolean;
  private last = 0;

  constructor(
    private readonly log: ServerLog,
    private readonly front: FrontName,
  ) {
    this.isOn = log.isOn('debug');
  }

  /** A number for a client, which no other one has. */
  next(): number {
    return ++this.last;
  }

  say(event: ClientEvent, fields: LogFields): void {
    if (this.isOn) this.log.say('debug', event, { front: this.front, ...fields });
  }
}
